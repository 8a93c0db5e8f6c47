import type { Milliseconds } from '../../domain/units.ts'
import { DEFAULT_HALF_OPEN, type HalfOpenLimits } from './half-open.ts'

export interface SignallingLimits extends HalfOpenLimits {
  /** From the command until media may flow; no longer than the gate holds a token. */
  readonly negotiation: Milliseconds
  readonly pingEvery: Milliseconds
  /** A socket that shows no life for this long is cut. */
  readonly deadAfter: Milliseconds
}

export const DEFAULT_LIMITS: SignallingLimits = {
  negotiation: 15_000,
  pingEvery: 10_000,
  deadAfter: 30_000,
  ...DEFAULT_HALF_OPEN,
}

/** Of a message; larger ones close the socket with 1009. */
export const LARGEST_MESSAGE = 80 * 1024
/** Negotiations and sessions of one socket. */
export const MOST_STREAMS = 64
/** Candidates that wait for their peer, on one socket or for one peer. */
export const MOST_EARLY_CANDIDATES = 64
/** In characters. Nobody has shown a token yet whose candidates wait, so they must not hold whole messages. */
export const LONGEST_CANDIDATE = 512
export const LONGEST_MID = 64
/** What a client that does not read may leave queued. */
export const MOST_QUEUED = 1024 * 1024
const BURST = 200
const MESSAGES_PER_SECOND = 40

/** A token bucket over the messages of one socket. */
export class MessageRate {
  readonly #now: () => Milliseconds
  #left = BURST
  #at: Milliseconds

  constructor(now: () => Milliseconds) {
    this.#now = now
    this.#at = now()
  }

  /** False: more than a client has reason to send. */
  take(): boolean {
    const now = this.#now()
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) * MESSAGES_PER_SECOND) / 1000)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
