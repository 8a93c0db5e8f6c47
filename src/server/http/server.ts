import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import type { Listener } from '../../services/operations.ts'
import { Connections } from './connections.ts'
import {
  endWithFailure,
  errorBody,
  errorHeaders,
  type Failure,
  failureOf,
  sendFailure,
  statusOf,
} from './error-response.ts'
import { isWebSocketUpgrade, serveWithoutUpgrade } from './ignored-upgrade.ts'
import { LARGEST_BODY, LONGEST_PATH_PART, MOST_CONNECTIONS, SERVER_LIMITS, STOP_WITHIN } from './limits.ts'
import { listen } from './listen.ts'
import { Playback } from './playback.ts'
import { originForm, parseStreamPath, type StreamPath } from './stream-path.ts'
import { Streams } from './streams.ts'
import { Turns } from './turns.ts'

/** Certificate chain and key, PEM. */
export interface TlsMaterial {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

export interface HttpServerOptions {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly log: Log
  /** What else is served beside streams: REST, and later the panel. */
  readonly routes?: readonly FastifyPluginAsync[]
  /** With it the server speaks HTTPS only. */
  readonly tls?: TlsMaterial
}

export interface HttpServer {
  /** Resolves with the real address; port 0 takes a free one. PORT_TAKEN. */
  start(where: Listener): Promise<Listener>
  /** Takes another certificate for new connections; TLS_UNUSABLE leaves the old one in force. */
  setTls(tls: TlsMaterial): void
  /** Ends every client, and resolves when no handle is left; idempotent. */
  close(): Promise<void>
}

/** One listener for HTTP or HTTPS. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new StreamingServer(options)
}

class StreamingServer implements HttpServer {
  readonly #server: http.Server | https.Server
  readonly #connections: Connections
  readonly #playback: Playback
  readonly #streams: Streams
  readonly #log: Log
  readonly #turns = new Turns()
  readonly #routes: FastifyInstance
  #serveRoute: RequestListener = () => {}
  #closing: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    const { access, hub, apps, settings, log, tls, routes = [] } = options
    this.#log = log
    this.#server = tls ? createTlsServer(tls) : http.createServer(SERVER_LIMITS)
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#connections = new Connections(this.#server)
    this.#playback = new Playback({ access, hub, log })
    this.#streams = new Streams({ playback: this.#playback, apps, settings })
    this.#routes = this.#buildRoutes(routes)
    this.#server.on('request', (request, response) => this.#serve(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head))
    // Accepting can fail at any time, for want of file descriptors.
    this.#server.on('error', (error) => log.warn({ err: error }, 'HTTP server'))
  }

  async start(where: Listener): Promise<Listener> {
    await this.#routes.ready()
    return listen(this.#server, where)
  }

  setTls(tls: TlsMaterial): void {
    if (this.#server instanceof https.Server) useTls(() => (this.#server as https.Server).setSecureContext({ ...tls }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#playback.close()
    await Promise.all([this.#connections.close(STOP_WITHIN), this.#routes.close()])
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#turns.isStreaming(socket)) {
      // Its answer would be media of the stream; so the client is no player.
      socket.destroy()
      return
    }
    request.url = originForm(request.url ?? '')
    const stream = parseStreamPath(request.url)
    if (stream) {
      this.#serveStream(request, response, stream)
      return
    }
    this.#turns.begin(socket, response)
    this.#serveRoute(request, response)
  }

  #serveStream(request: IncomingMessage, response: ServerResponse, stream: StreamPath): void {
    const { socket } = request
    if (this.#turns.isIdle(socket)) {
      this.#turns.beginStream(socket, response)
      void this.#streams.serve(request, response, stream)
      return
    }
    this.#turns.begin(socket, response)
    response.shouldKeepAlive = false
    sendFailure(response, { code: 'BAD_REQUEST', message: 'a stream shares its connection with no other request' }, {})
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const stream = parseStreamPath(originForm(request.url ?? ''))
    if (!this.#turns.isIdle(socket)) socket.destroy()
    else if (!isWebSocketUpgrade(request)) serveWithoutUpgrade(this.#server, request, socket, head)
    else if (stream) void this.#streams.upgrade(request, socket, stream)
    else endWithFailure(socket, { code: 'NOT_FOUND', message: 'no stream at this address' })
  }

  #buildRoutes(plugins: readonly FastifyPluginAsync[]): FastifyInstance {
    const routes = fastify({
      serverFactory: (handler) => {
        this.#serveRoute = handler
        return this.#server
      },
      bodyLimit: LARGEST_BODY,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: LONGEST_PATH_PART },
      clientErrorHandler: (error, socket) => this.#answerUnreadable(error, socket),
      frameworkErrors: (_error, _request, reply) =>
        void send(reply, { code: 'BAD_REQUEST', message: 'unreadable URL' }),
    })
    routes.setErrorHandler((error, _request, reply) => send(reply, this.#failureOf(error)))
    routes.setNotFoundHandler((_request, reply) =>
      send(reply, { code: 'NOT_FOUND', message: 'nothing at this address' }),
    )
    routes.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: async () => ({ status: 'ok' }) })
    for (const plugin of plugins) void routes.register(plugin)
    return routes
  }

  /** What the parser could not read or did not get in time. */
  #answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (!/^(HPE_|ERR_HTTP_)/.test(error.code ?? '') || !this.#turns.isIdle(socket)) return void socket.destroy()
    endWithFailure(socket, { code: 'BAD_REQUEST', message: `not readable as HTTP (${error.code})` })
  }

  #failureOf(error: unknown): Failure {
    if (isClientFault(error)) return { code: 'BAD_REQUEST', message: error.message }
    const failure = failureOf(error)
    if (failure.code === 'INTERNAL') this.#log.error({ err: error }, 'HTTP request failed')
    return failure
  }
}

function createTlsServer(tls: TlsMaterial): https.Server {
  return useTls(() => https.createServer({ ...SERVER_LIMITS, ...tls, handshakeTimeout: SERVER_LIMITS.headersTimeout }))
}

function useTls<T>(use: () => T): T {
  try {
    return use()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('TLS_UNUSABLE', `the TLS certificate or key cannot be used: ${reason}`, { cause })
  }
}

/** fastify's own errors about a request: too large, cut short. */
function isClientFault(error: unknown): error is Error {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0
  return !(error instanceof AmsctlError) && status >= 400 && status < 500
}

function send(reply: FastifyReply, failure: Failure): FastifyReply {
  return reply.code(statusOf(failure)).headers(errorHeaders(failure)).send(errorBody(failure))
}
