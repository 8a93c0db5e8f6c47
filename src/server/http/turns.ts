import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Which requests a client waits for on each of its connections. A stream takes its connection whole: it is served only
 * where no other request is in flight, and nothing is served behind it.
 */
export class Turns {
  readonly #unanswered = new WeakMap<Socket, number>()
  readonly #streaming = new WeakSet<Socket>()

  /** Whether the client waits for nothing, so that bytes written now answer what it has just sent. */
  isIdle(socket: Socket): boolean {
    return (this.#unanswered.get(socket) ?? 0) === 0
  }

  /** Whether a request for a stream has the connection, undecided or playing. */
  isStreaming(socket: Socket): boolean {
    return this.#streaming.has(socket)
  }

  /** Counts a request in until `response` is over. */
  begin(socket: Socket, response: ServerResponse): void {
    this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 0) + 1)
    response.once('close', () => this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1))
  }

  /** {@link begin} for a request for a stream. */
  beginStream(socket: Socket, response: ServerResponse): void {
    this.begin(socket, response)
    this.#streaming.add(socket)
    response.once('close', () => this.#streaming.delete(socket))
  }
}
