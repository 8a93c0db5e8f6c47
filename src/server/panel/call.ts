import type { FastifyInstance } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import { actorName } from '../../services/sign-in.ts'
import { ownOrigin } from '../http/caller.ts'
import { refuseOtherMethods } from '../http/routes.ts'
import { addressFrom, callerFrom, mustLogin, type PanelOptions } from './access.ts'
import { PANEL_OPERATIONS } from './call-table.ts'

const PATH = '/panel/api/call/:operation'

/** `POST /panel/api/call/{operation}`: whatever the command line can do, in the name of who is logged in. */
export function callRoutes(server: FastifyInstance, options: PanelOptions): void {
  server.post<{ Params: { operation: string } }>(PATH, async (request, reply) => {
    const login = mustLogin(request, options)
    const { operation } = request.params
    const known = Object.hasOwn(PANEL_OPERATIONS, operation) ? PANEL_OPERATIONS[operation] : undefined
    if (!known) throw new AmsctlError('NOT_FOUND', 'no such operation')
    if (login.role !== 'admin' && !known.reading) {
      throw new AmsctlError('ACCESS_DENIED', `${operation} is for admins; ${login.name} is a ${login.role}`)
    }
    const address = addressFrom(request, options)
    const operations = options.operations({ by: actorName(login), protocol: 'rest', address })
    const publicUrl = options.settings()['public-url'] || (ownOrigin(callerFrom(request, options)) ?? '')
    const result = await known.run(operations, request.body, { publicUrl, now: options.clock.now, login })
    return reply.type('application/json').send(JSON.stringify(result ?? null))
  })
  refuseOtherMethods(server, PATH, ['POST'])
}
