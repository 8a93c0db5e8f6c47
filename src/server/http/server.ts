import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import type { SettingValues } from '../../domain/settings.ts'
import type { HlsLibrary } from '../../media/hls/ports.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { VodLibrary } from '../../media/recording/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Listener } from '../../services/daemon-operations.ts'
import type { Log } from '../../services/log.ts'
import { Connections } from './connections.ts'
import { CORS } from './cors.ts'
import { describeBug, endWithFailure, type Failure, sendFailure } from './error-response.ts'
import { FlvStreams } from './flv-streams.ts'
import { HlsChildren } from './hls-children.ts'
import { HlsMaster } from './hls-master.ts'
import { isWebSocketUpgrade, serveWithoutUpgrade } from './ignored-upgrade.ts'
import { MOST_CONNECTIONS, MOST_HEADERS, SERVER_LIMITS, STOP_WITHIN } from './limits.ts'
import { listen } from './listen.ts'
import { Playback, STOPPING } from './playback.ts'
import { buildRoutes, type Routes } from './routes.ts'
import { parseStreamPath, type StreamPath, takeOriginForm } from './stream-path.ts'
import { Streams } from './streams.ts'
import { createTlsServer, replaceTls, type TlsMaterial } from './tls.ts'
import { Turns } from './turns.ts'
import { answerUnreadable } from './unreadable.ts'
import { VodFiles } from './vod.ts'
import { Waits } from './waits.ts'

export type { TlsMaterial }

export interface HttpServerOptions {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly hls: HlsLibrary
  readonly vod: VodLibrary
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly log: Log
  /** What else is served beside streams: REST, and later the panel. */
  readonly routes?: readonly FastifyPluginAsync[]
  /** Takes the WebSocket of WebRTC; undefined: not served. */
  readonly signalling?: SignallingDoor
  /** With it the server speaks HTTPS only. */
  readonly tls?: TlsMaterial
}

/** Answers a handshake at `/{app}/websocket`. */
export interface SignallingDoor {
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, app: string): Promise<void> | void
}

export interface HttpServer {
  /** Resolves with the real address; port 0 takes a free one. PORT_TAKEN. */
  start(where: Listener): Promise<Listener>
  /** Takes another certificate for new connections; TLS_UNUSABLE leaves the old one in force. */
  setTls(tls: TlsMaterial): void
  /** The server is about to close: nobody new is served, and nobody waits for media any more. */
  drain(): void
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
  readonly #signalling: SignallingDoor | undefined
  readonly #log: Log
  readonly #turns = new Turns()
  readonly #waits = new Waits()
  readonly #routes: Routes
  #draining = false
  #closing: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    const { access, hub, hls, vod, apps, settings, log, tls, routes = [] } = options
    this.#log = log
    this.#signalling = options.signalling
    this.#server = tls ? createTlsServer(tls) : http.createServer(SERVER_LIMITS)
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.maxHeadersCount = MOST_HEADERS
    this.#connections = new Connections(this.#server)
    this.#playback = new Playback({ access, hub, log })
    this.#streams = new Streams({
      apps,
      log,
      doors: {
        flv: new FlvStreams(this.#playback, settings),
        hls: new HlsMaster({ access, hub, hls, waits: this.#waits, settings }),
        'hls-child': new HlsChildren({ access, hls, waits: this.#waits, settings }),
        vod: new VodFiles({ access, library: vod, settings }),
      },
    })
    const onUnreadable = (error: NodeJS.ErrnoException, socket: Socket) =>
      answerUnreadable(error, socket, !this.#turns.isIdle(socket))
    this.#routes = buildRoutes({ server: this.#server, plugins: routes, log, onUnreadable })
    this.#server.on('request', (request, response) => {
      void this.#guard(request.socket, () => this.#serve(request, response))
    })
    this.#server.on('upgrade', (request, socket: Socket, head) => {
      void this.#guard(socket, () => this.#upgrade(request, socket, head))
    })
  }

  async start(where: Listener): Promise<Listener> {
    await this.#routes.app.ready()
    const listener = await listen(this.#server, where)
    // Accepting can fail at any time, for want of file descriptors.
    this.#server.on('error', (error) => this.#log.warn({ error: error.message }, 'the HTTP server cannot accept'))
    return listener
  }

  setTls(tls: TlsMaterial): void {
    if (this.#server instanceof https.Server) replaceTls(this.#server, tls)
  }

  drain(): void {
    this.#draining = true
    this.#waits.close()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.drain()
    this.#playback.close()
    await Promise.all([this.#connections.close(STOP_WITHIN), this.#routes.app.close()])
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    if (this.#turns.isStreaming(socket)) {
      // Its answer would be media of the stream; so the client is no player.
      socket.destroy()
      return
    }
    if (this.#draining) return refuseAndClose(response, STOPPING)
    const stream = parseStreamPath(takeOriginForm(request))
    if (stream?.kind === 'flv') return this.#serveFlv(request, response, stream)
    this.#turns.begin(socket, response)
    if (stream) await this.#streams.serve(request, response, stream)
    else this.#routes.serve(request, response)
  }

  async #serveFlv(request: IncomingMessage, response: ServerResponse, stream: StreamPath): Promise<void> {
    const { socket } = request
    if (this.#turns.isIdle(socket)) {
      this.#turns.beginStream(socket, response)
      return this.#streams.serve(request, response, stream)
    }
    this.#turns.begin(socket, response)
    refuseAndClose(response, { code: 'BAD_REQUEST', message: 'a stream shares its connection with no other request' })
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    if (!this.#turns.isIdle(socket)) return void socket.destroy()
    if (!isWebSocketUpgrade(request)) return serveWithoutUpgrade(this.#server, request, socket, head)
    const target = takeOriginForm(request)
    const app = signallingApp(target)
    if (app !== undefined && this.#signalling) {
      if (this.#draining) return endWithFailure(socket, STOPPING)
      return this.#signalling.upgrade(request, socket, head, app)
    }
    const stream = parseStreamPath(target)
    if (stream) await this.#streams.upgrade(request, socket, stream)
    else endWithFailure(socket, { code: 'NOT_FOUND', message: 'no stream at this address' })
  }

  /** Nothing that a client can cause may end the process. */
  async #guard(socket: Socket, work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#log.error(describeBug(error), 'an HTTP connection failed')
      socket.destroy()
    }
  }
}

/** Of `/{app}/websocket`, exactly so; the query does not matter. */
function signallingApp(target: string): string | undefined {
  return /^\/([^/?]+)\/websocket(?:\?|$)/.exec(target)?.[1]
}

/** The last answer on its connection. */
function refuseAndClose(response: ServerResponse, failure: Failure): void {
  response.shouldKeepAlive = false
  sendFailure(response, failure, CORS)
}
