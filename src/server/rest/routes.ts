import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { Actor } from '../../services/administration.ts'
import type { StoreOperations } from '../../services/operations.ts'
import { callerOf } from '../http/caller.ts'
import type { Failure } from '../http/error-response.ts'
import { refuseOtherMethods, send } from '../http/routes.ts'
import { queryOf } from '../http/stream-path.ts'
import { judgeCaller, type Keepers } from './access.ts'
import { type Answer, result } from './answer.ts'
import { ROUTES, type Route } from './table.ts'
import type { Call } from './tokens.ts'

export interface RestOptions extends Keepers {
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  /** The operations on the store, done in somebody's name. */
  readonly operations: (actor: Actor) => StoreOperations
}

declare module 'fastify' {
  interface FastifyRequest {
    /** In whose name a REST call acts; null until it is admitted. */
    restActor: Actor | null
  }
}

/** AMS's REST API below `/{app}/rest`, for callers that may use it. */
export function restRoutes(options: RestOptions): FastifyPluginAsync {
  return async (server) => {
    server.decorateRequest('restActor', null)
    // Whatever a body says that it is, it is read as JSON, by the route that needs one.
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    const judge = async (request: FastifyRequest, reply: FastifyReply) => {
      const failure = await admit(request, options)
      return failure && send(reply, failure)
    }
    server.addHook('onRequest', judge)
    // The key may be revoked, or the login ended, while the body comes in.
    server.addHook('preHandler', judge)
    for (const route of ROUTES) {
      const handler = (request: FastifyRequest, reply: FastifyReply) => answer(route, request, reply, options)
      const url = `/:app/rest${route.path}`
      server.route({ method: [...route.methods], url, handler })
      refuseOtherMethods(server, url, route.methods)
    }
  }
}

/** Notes who calls; a failure is returned where they may not, or call an app that does not exist. */
async function admit(request: FastifyRequest, options: RestOptions): Promise<Failure | undefined> {
  const { app } = paramsOf(request)
  if (!app || !options.apps.includes(app)) return { code: 'NOT_FOUND', message: 'no such app here' }
  const settings = options.settings()
  const verdict = await judgeCaller(callerOf(request.raw, settings['trusted-proxies']), settings, options)
  if (!verdict.ok) return verdict
  if (verdict.role === 'viewer' && !isReading(request)) {
    return { code: 'ACCESS_DENIED', message: `${verdict.by} is a viewer, who mints, spends and revokes nothing` }
  }
  request.restActor = { by: verdict.by, protocol: 'rest', address: verdict.address }
  return undefined
}

/** What reads is reached by GET, but not all that is. */
function isReading({ method, routeOptions }: FastifyRequest): boolean {
  return method === 'GET' && ROUTES.some(({ reading, path }) => reading && routeOptions.url === `/:app/rest${path}`)
}

async function answer(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: RestOptions,
): Promise<FastifyReply> {
  const { status, body } = await answerOrExplain(route, callOf(request, options))
  return reply.code(status).header('Cache-Control', 'no-store').send(body)
}

/** Bad input is told in AMS's form; every other failure in ours. */
async function answerOrExplain(route: Route, call: Call): Promise<Answer> {
  try {
    return await route.answer(call)
  } catch (error) {
    if (!(error instanceof AmsctlError)) throw error
    if (error.code === 'BAD_VALUE') return { status: route.badInput, body: result(false, error.message) }
    if (error.code === 'BAD_REQUEST') return { status: 400, body: result(false, error.message) }
    throw error
  }
}

function callOf(request: FastifyRequest, options: RestOptions): Call {
  const { restActor, body } = request
  const params = paramsOf(request)
  if (!restActor || !params.app) throw new Error('a REST call that nobody admitted')
  return {
    app: params.app,
    operations: options.operations(restActor),
    params,
    query: queryOf(request.raw.url ?? ''),
    body: typeof body === 'string' ? body : '',
  }
}

function paramsOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> & { readonly app?: string } {
  return request.params as Record<string, string | undefined>
}
