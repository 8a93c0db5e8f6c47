import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Milliseconds } from '../../domain/units.ts'

/** RFC 8216bis, section 6.2.5.2, would have a server give up after three target durations. */
const LONGEST_WAIT: Milliseconds = 15_000
const MOST_WAITS = 8

/** One request that waits for media to come. */
export interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Id of the session; null: none is known, and the connection counts for itself. */
  readonly sessionId: string | null
  /** The session is over. */
  readonly end?: AbortSignal
}

/** Requests that wait for media to come: few of one session, none for long. */
export class Waits {
  readonly #bySession = new Map<string, Set<AbortController>>()
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Runs `work` with a signal that says when to wait no longer: the client is gone, its session over, the time up, or
   * the server stops. It has aborted already where the session waits for too much as it is.
   */
  async during<T>(waiting: Waiting, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { request, end } = waiting
    const wait = new AbortController()
    const stop = () => wait.abort()
    const leave = this.#enter(sessionOf(waiting), wait)
    if (request.destroyed || end?.aborted) stop()
    end?.addEventListener('abort', stop)
    request.once('close', stop)
    const timer = setTimeout(stop, LONGEST_WAIT)
    try {
      return await work(wait.signal)
    } finally {
      clearTimeout(timer)
      end?.removeEventListener('abort', stop)
      request.off('close', stop)
      leave()
      if (this.#closed) waiting.response.shouldKeepAlive = false
    }
  }

  /** Nobody waits any more, and nobody will. */
  close(): void {
    this.#closed = true
    for (const own of this.#bySession.values()) for (const wait of own) wait.abort()
  }

  #enter(session: string, wait: AbortController): () => void {
    const own = this.#bySession.get(session) ?? new Set()
    if (this.#closed || own.size >= MOST_WAITS) wait.abort()
    this.#bySession.set(session, own.add(wait))
    return () => {
      own.delete(wait)
      if (own.size === 0) this.#bySession.delete(session)
    }
  }
}

function sessionOf({ sessionId, request: { socket } }: Waiting): string {
  return sessionId ?? `${socket.remoteAddress} ${socket.remotePort}`
}
