import { guesserOf } from '../domain/address.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'

const FREE_TRIES = 5
const MINUTE: Seconds = 60
const LONGEST_LOCK: Seconds = 15 * MINUTE
const TRIES_PER_MINUTE = 20
/** Of one address: those of others must find room in the queue of passwords. */
const TRIES_AT_ONCE = 5
/** After so long without a wrong password the earlier ones are forgotten. */
const FORGET: Seconds = 3600
/** Remembered at a time; what was tried longest ago makes room. */
const MOST_REMEMBERED = 10_000

interface Tries {
  wrong: number
  /** Whose password is being checked at this moment. */
  underWay: number
  lockedUntil: UnixSeconds
  last: UnixSeconds
}

/** One password that is being checked; exactly one of the three calls follows. */
export interface Try {
  readonly ok: true
  /** Whether somebody has logged in from there before. */
  readonly isKnown: boolean
  right(): void
  wrong(): void
  /** It could not be checked. */
  void(): void
}

/**
 * Slows down whoever tries passwords: five wrong ones for one name from one address (IPv6: /64) lock it for 1, 2, 4 and
 * up to 15 minutes, and an address has 20 wrong ones a minute, and five checked at a time. In memory only, and bounded.
 */
export class Lockout {
  readonly #tries = new Map<string, Tries>()
  /** By address: when it tried within the last minute. */
  readonly #addresses = new Map<string, UnixSeconds[]>()
  /** Addresses from which somebody has logged in, and when. */
  readonly #known = new Map<string, UnixSeconds>()
  /** By address: how many are being checked. */
  readonly #underWay = new Map<string, number>()

  /** Counts a try before it is checked, so that many at once are no way around; a wait is returned where it is too many. */
  begin(name: string, address: string, now: UnixSeconds): Try | { readonly ok: false; readonly retryAfter: Seconds } {
    const guesser = guesserOf(address)
    const key = `${guesser} ${name.toLowerCase()}`
    const tries = this.#recall(key, now)
    if (now < tries.lockedUntil) return { ok: false, retryAfter: tries.lockedUntil - now }
    const left = tries.wrong < FREE_TRIES ? FREE_TRIES - tries.wrong : 1
    const atOnce = this.#underWay.get(guesser) ?? 0
    if (tries.underWay >= left || atOnce >= TRIES_AT_ONCE) return { ok: false, retryAfter: 1 }
    const wait = this.#countAddress(guesser, now)
    if (wait > 0) return { ok: false, retryAfter: wait }
    this.#underWay.set(guesser, atOnce + 1)
    tries.underWay++
    tries.last = now
    keepNewest(this.#tries, key, tries)
    return this.#tryOf(guesser, key, tries)
  }

  #tryOf(guesser: string, key: string, tries: Tries): Try {
    const began = tries.last
    const done = () => {
      tries.underWay--
      this.#release(guesser)
    }
    const takeBack = () => {
      done()
      const times = this.#addresses.get(guesser) ?? []
      const counted = times.indexOf(began)
      if (counted >= 0) times.splice(counted, 1)
    }
    return {
      ok: true,
      isKnown: this.#known.has(guesser),
      right: () => {
        takeBack()
        keepNewest(this.#known, guesser, began)
        if (tries.underWay === 0) this.#tries.delete(key)
        else tries.wrong = 0
      },
      wrong: () => {
        done()
        tries.wrong++
        if (tries.wrong >= FREE_TRIES) tries.lockedUntil = began + lockAfter(tries.wrong)
      },
      void: takeBack,
    }
  }

  #release(guesser: string): void {
    const left = (this.#underWay.get(guesser) ?? 1) - 1
    if (left > 0) this.#underWay.set(guesser, left)
    else this.#underWay.delete(guesser)
  }

  #recall(key: string, now: UnixSeconds): Tries {
    const known = this.#tries.get(key)
    // One from the future was noted before the clock was set back.
    if (known && known.last <= now && now - known.last < FORGET) return known
    return { wrong: 0, underWay: 0, lockedUntil: 0, last: now }
  }

  /** How long the address must wait; 0: the try is counted. */
  #countAddress(guesser: string, now: UnixSeconds): Seconds {
    const recent = (this.#addresses.get(guesser) ?? []).filter((at) => at <= now && now - at < MINUTE)
    const [oldest = now] = recent
    if (recent.length >= TRIES_PER_MINUTE) return oldest + MINUTE - now
    recent.push(now)
    keepNewest(this.#addresses, guesser, recent)
    return 0
  }
}

function lockAfter(wrong: number): Seconds {
  return Math.min(LONGEST_LOCK, MINUTE * 2 ** Math.min(10, wrong - FREE_TRIES))
}

function keepNewest<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST_REMEMBERED) return
  const oldest = map.keys().next().value
  if (oldest !== undefined) map.delete(oldest)
}
