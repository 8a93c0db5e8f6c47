import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SettingValues } from '../../domain/settings.ts'
import type { StreamFacts } from '../../media/inspection.ts'
import type { LiveStream, MediaHub } from '../../media/ports.ts'
import type { WebrtcEngine } from '../../media/webrtc/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { endWithFailure } from '../http/error-response.ts'
import { STOPPING } from '../http/playback.ts'
import { handshakeFault } from '../http/ws-flv.ts'
import { SignallingClient } from './client.ts'
import { HalfOpen } from './half-open.ts'
import { DEFAULT_LIMITS, LARGEST_MESSAGE, type SignallingLimits } from './limits.ts'
import type { Reply } from './messages.ts'
import { SignallingSocket } from './socket.ts'

export interface SignallingOptions {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly engine: WebrtcEngine
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly log: Log
  readonly factsOf: (stream: LiveStream) => StreamFacts
  readonly limits?: Partial<SignallingLimits>
  /** Negotiations here and elsewhere; its own by default. */
  readonly halfOpen?: HalfOpen
}

export interface Signalling {
  /** Open sockets. */
  readonly size: number
  /** Answers a WebSocket handshake for `app`. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, app: string): void
  /** Ends every page and everything of it; idempotent. */
  close(): void
}

/** The WebSocket over which AMS's pages negotiate WebRTC; one serves any number of HTTP servers. */
export function createSignalling(options: SignallingOptions): Signalling {
  return new SignallingServer(options)
}

class SignallingServer implements Signalling {
  readonly #options: SignallingOptions
  readonly #limits: SignallingLimits
  readonly #halfOpen: HalfOpen
  readonly #sockets = new Set<SignallingSocket>()
  readonly #handshaker = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
  })
  #closed = false

  constructor(options: SignallingOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#halfOpen = options.halfOpen ?? new HalfOpen(this.#limits)
  }

  get size(): number {
    return this.#sockets.size
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, app: string): void {
    if (this.#closed) return void endWithFailure(socket, STOPPING)
    const fault = handshakeFault(request)
    if (fault !== undefined) {
      return void endWithFailure(socket, { code: 'BAD_REQUEST', message: fault }, { 'Sec-WebSocket-Version': '13' })
    }
    if (!this.#options.apps.includes(app)) {
      return void endWithFailure(socket, { code: 'NOT_FOUND', message: 'no such app here' })
    }
    this.#handshaker.handleUpgrade(request, socket, head, (webSocket) => this.#attend(webSocket, request, app))
  }

  close(): void {
    this.#closed = true
    for (const socket of [...this.#sockets]) socket.shutDown()
  }

  #attend(webSocket: WebSocket, handshake: IncomingMessage, app: string): void {
    const send = (reply: Reply) => socket.send(reply)
    const own = { limits: this.#limits, halfOpen: this.#halfOpen, app, handshake, send }
    const client = new SignallingClient({ ...this.#options, ...own })
    const owner = {
      receive: (text: string) => client.receive(text),
      ignore: () => {
        client.ignored += 1
      },
      gone: () => {
        client.gone()
        if (this.#sockets.delete(socket)) {
          this.#options.log.debug({ ignored: client.ignored }, 'a signalling socket is closed')
        }
      },
    }
    const socket = new SignallingSocket(webSocket, owner, this.#limits)
    this.#sockets.add(socket)
  }
}
