import type { SecretHash } from '../domain/secret.ts'
import type { Milliseconds } from '../domain/units.ts'

/** Uses that are held for clients still being opened, each until its deadline by a clock that never jumps. */
export class Reservations {
  readonly #monotonic: () => Milliseconds
  readonly #deadlines = new Map<SecretHash, Map<string, Milliseconds>>()

  constructor(monotonic: () => Milliseconds) {
    this.#monotonic = monotonic
  }

  hold(hash: SecretHash, holder: string, ttl: Milliseconds): void {
    const holders = this.#deadlines.get(hash) ?? new Map<string, Milliseconds>()
    holders.set(holder, this.#monotonic() + ttl)
    this.#deadlines.set(hash, holders)
  }

  release(hash: SecretHash, holder: string): void {
    const holders = this.#deadlines.get(hash)
    if (holders?.delete(holder) && holders.size === 0) this.#deadlines.delete(hash)
  }

  /** How many uses of the token others than `holder` hold. */
  heldByOthers(hash: SecretHash, holder: string): number {
    const holders = this.#deadlines.get(hash)
    if (!holders) return 0
    const now = this.#monotonic()
    for (const [other, deadline] of holders) if (deadline <= now) this.release(hash, other)
    return holders.size - (holders.has(holder) ? 1 : 0)
  }
}
