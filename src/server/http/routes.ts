import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply, type HTTPMethods } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { Log } from '../../services/log.ts'
import { describeBug, errorBody, errorHeaders, type Failure, failureOf, statusOf } from './error-response.ts'
import { LARGEST_BODY, LONGEST_PATH_PART } from './limits.ts'

export interface RoutesOptions {
  readonly server: Server
  readonly plugins: readonly FastifyPluginAsync[]
  readonly log: Log
  /** Answers what the parser could not read. */
  readonly onUnreadable: (error: NodeJS.ErrnoException, socket: Socket) => void
}

export interface Routes {
  readonly app: FastifyInstance
  readonly serve: RequestListener
}

/** All that is served beside streams, on a server that hands its requests over. Every error is JSON. */
export function buildRoutes({ server, plugins, log, onUnreadable }: RoutesOptions): Routes {
  let serve: RequestListener = () => {}
  const app = fastify({
    serverFactory: (handler) => {
      serve = handler
      return server
    },
    // No route has a schema. Without these fastify loads its compilers, a seventh of what a daemon takes to start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    bodyLimit: LARGEST_BODY,
    // HEAD on a route that mints would mint.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: LONGEST_PATH_PART },
    clientErrorHandler: onUnreadable,
    frameworkErrors: (_error, _request, reply) => void send(reply, { code: 'BAD_REQUEST', message: 'unreadable URL' }),
  })
  app.setErrorHandler((error, _request, reply) => send(reply, explain(error, log)))
  app.setNotFoundHandler((_request, reply) => send(reply, { code: 'NOT_FOUND', message: 'nothing at this address' }))
  app.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: async () => ({ status: 'ok' }) })
  for (const plugin of plugins) void app.register(plugin)
  return { app, serve }
}

function noSchemas(): never {
  throw new Error('no route has a schema')
}

/** Says which methods `url` has to whoever comes with another. */
export function refuseOtherMethods(server: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const allow = allowed.join(', ')
  server.route({
    method: server.supportedMethods.filter((method) => !allowed.includes(method)),
    url,
    handler: ({ method }, reply) =>
      send(reply.header('Allow', allow), {
        code: 'METHOD_NOT_ALLOWED',
        message: `${method} is not served here, but ${allow}`,
      }),
  })
}

export function send(reply: FastifyReply, failure: Failure): FastifyReply {
  return reply.code(statusOf(failure)).headers(errorHeaders(failure)).send(errorBody(failure))
}

function explain(error: unknown, log: Log): Failure {
  if (isClientFault(error))
    return { code: isTooLarge(error) ? 'BODY_TOO_LARGE' : 'BAD_REQUEST', message: error.message }
  const failure = failureOf(error)
  if (failure.code === 'INTERNAL') log.error(describeBug(error), 'an HTTP request failed')
  return failure
}

/** fastify's own errors about a request: too large, cut short. */
function isClientFault(error: unknown): error is Error {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0
  return !(error instanceof AmsctlError) && status >= 400 && status < 500
}

function isTooLarge(error: Error): boolean {
  return 'statusCode' in error && error.statusCode === 413
}
