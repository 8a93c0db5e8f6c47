import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Which requests a client waits for on each of its connections. A stream takes its connection whole, so it is served
 * only where no other request is in flight on it, and nothing is served behind it.
 */
export class Turns {
  readonly #unanswered = new WeakMap<Socket, number>()
  readonly #streaming = new WeakSet<Socket>()

  /** Counts a request in; false: it may not be served beside those in flight. */
  take(socket: Socket, response: ServerResponse, isStream: boolean): boolean {
    const ahead = this.#unanswered.get(socket) ?? 0
    const allowed = isStream ? ahead === 0 : !this.#streaming.has(socket)
    const owns = isStream && allowed
    if (owns) this.#streaming.add(socket)
    this.#unanswered.set(socket, ahead + 1)
    response.once('close', () => {
      this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1)
      if (owns) this.#streaming.delete(socket)
    })
    return allowed
  }

  /** Whether the client waits for nothing, so that bytes written now answer what it has just sent. */
  isIdle(socket: Socket): boolean {
    return (this.#unanswered.get(socket) ?? 0) === 0
  }
}
