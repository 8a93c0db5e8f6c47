import type { Milliseconds } from '../domain/units.ts'

/** At most one part in so many of the time goes into writing to all viewers of a stream. */
const SHARE = 5
const LONGEST: Milliseconds = 500
/** How much of the estimate one batch changes. */
const WEIGHT = 1 / 8

/**
 * When the packets that have been gathered go out: at even times while media flows, which makes a packet wait half the
 * window on average, and at once after a silence.
 */
export class Pace {
  readonly #latency: Milliseconds
  /** How long writing one batch to all viewers takes. */
  #fanOut: Milliseconds = 0
  #last: Milliseconds = 0

  constructor(latency: Milliseconds) {
    this.#latency = latency
  }

  /** So long that the last viewer too has a packet within the latency asked for, or longer for a large audience. */
  get window(): Milliseconds {
    if (this.#latency === 0) return 0
    return Math.min(LONGEST, Math.max(this.#latency - this.#fanOut, (SHARE - 1) * this.#fanOut))
  }

  /** How long a packet that came at `now` has to wait. */
  delay(now: Milliseconds): Milliseconds {
    return Math.max(0, this.#last + this.window - now)
  }

  /** Packets that come from now on are gathered for a whole window first. */
  restart(now: Milliseconds): void {
    this.#last = now
  }

  /** A batch was written to all, from `start` to `end`. */
  wrote(start: Milliseconds, end: Milliseconds): void {
    this.#last = start
    this.#fanOut += (end - start - this.#fanOut) * WEIGHT
  }
}
