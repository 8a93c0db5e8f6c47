import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../http/caller.ts'
import { refuseOtherMethods, send } from '../http/routes.ts'
import { queryOf } from '../http/stream-path.ts'
import { readJsonObject } from '../json-object.ts'
import { type Admitted, type CallerVerdict, judgeSecret } from './access.ts'
import { amsSettings, readAmsSettings } from './ams-settings.ts'
import { result } from './answer.ts'
import type { RestOptions } from './routes.ts'

type Ask = FastifyRequest<{ Params: { app: string } }>

/** AMS's settings, and its way to the REST of an app, for a login or an API key: an address alone changes no setting. */
export function consoleRoutes(options: RestOptions): FastifyPluginAsync {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    const show = async (request: Ask, reply: FastifyReply) => {
      const caller = await admit(request, options, true)
      if (!caller.ok) return send(reply, caller)
      return reply.header('Cache-Control', 'no-store').send(amsSettings(options.settings()))
    }
    const change = async (request: Ask, reply: FastifyReply) => {
      const caller = await admit(request, options, false)
      if (!caller.ok) return send(reply, caller)
      return reply.header('Cache-Control', 'no-store').send(await apply(request, options, caller))
    }
    const both = '/rest/v2/applications/settings/:app'
    server.get(both, show)
    server.post(both, change)
    refuseOtherMethods(server, both, ['GET', 'POST'])
    server.get('/ConsoleApp/rest/getSettings/:app', show)
    refuseOtherMethods(server, '/ConsoleApp/rest/getSettings/:app', ['GET'])
    server.post('/ConsoleApp/rest/changeSettings/:app', change)
    refuseOtherMethods(server, '/ConsoleApp/rest/changeSettings/:app', ['POST'])
    forwardRequests(server, options)
  }
}

async function admit({ raw, params }: Ask, options: RestOptions, reading: boolean): Promise<CallerVerdict> {
  const settings = options.settings()
  const verdict = await judgeSecret(callerOf(raw, settings['trusted-proxies']), settings, options)
  if (verdict.ok === null) {
    const { fault } = verdict
    return {
      ok: false,
      code: fault ? 'ACCESS_DENIED' : 'LOGIN_MISSING',
      message: fault ?? 'log in, or show an API key',
    }
  }
  if (!verdict.ok) return verdict
  if (verdict.role === 'viewer' && !reading) {
    return { ok: false, code: 'ACCESS_DENIED', message: `${verdict.by} is a viewer, who changes no settings` }
  }
  return options.apps.includes(params.app) ? verdict : { ok: false, code: 'NOT_FOUND', message: 'no such app here' }
}

/** What is not named stays as it is; AMS would reset it. */
async function apply({ body }: Ask, options: RestOptions, { by, address }: Admitted) {
  const { changes, ignored } = readAmsSettings(readJsonObject(typeof body === 'string' ? body : ''), options.settings())
  const operations = options.operations({ by, protocol: 'rest', address })
  for (const change of changes) await operations.setSetting(change)
  return result(true, ignored.length === 0 ? '' : `not known here, and ignored: ${ignored.slice(0, 20).join(', ')}`)
}

/** `/rest/v2/request?_path=LiveApp/rest/…` is `/LiveApp/rest/…`, for whoever may call that. */
function forwardRequests(server: FastifyInstance, { apps }: RestOptions): void {
  server.route({
    method: [...server.supportedMethods],
    url: '/rest/v2/request',
    // Before the body is read: it is for the other address.
    onRequest: async (request, reply) => {
      const target = targetOf(request.raw.url ?? '', apps)
      if (target === undefined) {
        return send(reply, { code: 'NOT_FOUND', message: '_path must be {app}/rest/… of an app here' })
      }
      request.raw.url = target
      reply.hijack()
      server.routing(request.raw, reply.raw)
    },
    handler: async () => undefined,
  })
}

function targetOf(url: string, apps: readonly string[]): string | undefined {
  const query = queryOf(url)
  const [path = '', own = ''] = (query.get('_path') ?? '').replace(/^\/+/, '').split(/\?(.*)/s)
  query.delete('_path')
  const [app = '', rest] = path.split('/')
  if (!apps.includes(app) || rest !== 'rest') return undefined
  return `/${encodeURI(path)}?${[own, query.toString()].filter(Boolean).join('&')}`
}
