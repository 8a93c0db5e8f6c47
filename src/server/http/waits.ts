import type { IncomingMessage } from 'node:http'
import type { Milliseconds } from '../../domain/units.ts'

/** RFC 8216bis, section 6.2.5.2, would have a server give up after three target durations. */
const LONGEST_WAIT: Milliseconds = 15_000
const MOST_WAITS = 8

/** Requests that wait for media to come: few of one viewer, none for long. */
export class Waits {
  readonly #all = new Map<string, Set<AbortController>>()
  #closed = false

  /**
   * Runs `work` with a signal that says when to wait no longer: the client is gone, `end` aborts, the time is up, or
   * the server stops. It has aborted already where `viewer` waits for too much as it is.
   */
  async during<T>(request: IncomingMessage, viewer: string, end: AbortSignal, work: Work<T>): Promise<T> {
    const wait = new AbortController()
    const stop = () => wait.abort()
    const own = this.#all.get(viewer) ?? new Set()
    if (this.#closed || end.aborted || request.destroyed || own.size >= MOST_WAITS) stop()
    this.#all.set(viewer, own.add(wait))
    end.addEventListener('abort', stop)
    request.once('close', stop)
    const timer = setTimeout(stop, LONGEST_WAIT)
    try {
      return await work(wait.signal)
    } finally {
      clearTimeout(timer)
      end.removeEventListener('abort', stop)
      request.off('close', stop)
      own.delete(wait)
      if (own.size === 0) this.#all.delete(viewer)
    }
  }

  /** Nobody waits any more, and nobody will. */
  close(): void {
    this.#closed = true
    for (const own of this.#all.values()) for (const wait of own) wait.abort()
  }
}

type Work<T> = (signal: AbortSignal) => Promise<T>
