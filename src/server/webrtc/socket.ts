import type { WebSocket } from 'ws'
import type { Milliseconds } from '../../domain/units.ts'
import { MessageRate, MOST_QUEUED, type SignallingLimits } from './limits.ts'
import type { Reply } from './messages.ts'

interface Owner {
  receive(text: string): void
  ignore(): void
  gone(): void
}

/** RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
/** How long the close frame may take. */
const CLOSE_WITHIN: Milliseconds = 1500

/** One WebSocket within its bounds: what it may send, leave unread, and how long it may be silent. */
export class SignallingSocket {
  readonly #webSocket: WebSocket
  readonly #rate = new MessageRate(() => performance.now())
  readonly #owner: Owner
  #aliveAt: Milliseconds = performance.now()
  #closing = false

  constructor(webSocket: WebSocket, owner: Owner, limits: SignallingLimits) {
    this.#webSocket = webSocket
    this.#owner = owner
    const heartbeat = setInterval(() => this.#beat(limits.deadAfter), limits.pingEvery).unref()
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (!this.#admit()) return
      if (isBinary) owner.ignore()
      else owner.receive(data.toString())
    })
    webSocket.on('ping', () => this.#admit())
    webSocket.on('pong', () => this.#admit())
    // The library has queued a close frame that names the breach of protocol; what remains is to wait for the end.
    webSocket.on('error', () => this.#close(POLICY_VIOLATION, ''))
    webSocket.on('close', () => {
      clearInterval(heartbeat)
      owner.gone()
    })
  }

  send(reply: Reply): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    if (this.#webSocket.bufferedAmount > MOST_QUEUED) this.#webSocket.terminate()
    else this.#webSocket.send(JSON.stringify(reply), ignoreFailure)
  }

  /** The server stops. */
  shutDown(): void {
    this.#owner.gone()
    this.#close(GOING_AWAY, 'shutdown')
  }

  #admit(): boolean {
    if (this.#closing) return false
    this.#aliveAt = performance.now()
    if (this.#rate.take()) return true
    this.#owner.gone()
    this.#close(POLICY_VIOLATION, 'too many messages')
    return false
  }

  #beat(deadAfter: Milliseconds): void {
    if (performance.now() - this.#aliveAt > deadAfter) this.#webSocket.terminate()
    else if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping()
  }

  #close(code: number, reason: string): void {
    if (this.#closing) return
    this.#closing = true
    const cut = setTimeout(() => this.#webSocket.terminate(), CLOSE_WITHIN)
    this.#webSocket.once('close', () => clearTimeout(cut))
    this.#webSocket.close(code, reason)
  }
}

/** A socket that broke tells so by its end. */
function ignoreFailure(): void {}
