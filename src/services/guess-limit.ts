import { guesserOf } from '../domain/address.ts'
import { hashSecret } from '../domain/secret.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'

const WINDOW: Seconds = 60
/** Addresses remembered at a time; the one that guessed longest ago makes room. */
const MOST_GUESSERS = 10_000

/** Counts different wrong secrets a minute and address (IPv6: /64). Kept in memory only, and bounded. */
export class GuessLimit {
  readonly #limit: () => number
  /** By guesser: when each different wrong value was counted. */
  readonly #guesses = new Map<string, Map<string, UnixSeconds>>()

  constructor(limit: () => number) {
    this.#limit = limit
  }

  /** Notes that `address` showed `wrong`; returns how long it must wait if that was one too many, else null. */
  note(address: string, wrong: string, now: UnixSeconds): Seconds | null {
    const limit = this.#limit()
    if (limit === 0) return null
    const guesser = guesserOf(address)
    const seen = this.#recent(guesser, now)
    const value = hashSecret(wrong)
    // One more than the limit is enough to know; more would only cost memory.
    if (!seen.has(value) && seen.size <= limit) seen.set(value, now)
    this.#remember(guesser, seen)
    const [oldest = now] = seen.values()
    return seen.size > limit ? Math.max(1, oldest + WINDOW - now) : null
  }

  #recent(guesser: string, now: UnixSeconds): Map<string, UnixSeconds> {
    const seen = this.#guesses.get(guesser) ?? new Map<string, UnixSeconds>()
    // Oldest first. One from the future was noted before the clock was set back.
    for (const [value, at] of seen) {
      if (at <= now && now - at < WINDOW) break
      seen.delete(value)
    }
    return seen
  }

  #remember(guesser: string, seen: Map<string, UnixSeconds>): void {
    this.#guesses.delete(guesser)
    this.#guesses.set(guesser, seen)
    if (this.#guesses.size <= MOST_GUESSERS) return
    const oldest = this.#guesses.keys().next().value
    if (oldest !== undefined) this.#guesses.delete(oldest)
  }
}
