import type { AuditEntry } from '../domain/audit.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { AuditLog } from './ports.ts'

const FOLD: Milliseconds = 60_000
const MOST_FOLDED = 10_000

type AuditFact = Omit<AuditEntry, 'at' | 'repeats'>

/** The record of every admission, refusal and change. The same refusal over and over is folded into a line a minute. */
export class Audit {
  readonly #log: AuditLog
  readonly #now: () => Milliseconds
  /** When each refusal was last written, and how often it came since. */
  readonly #refusals = new Map<string, { at: Milliseconds; repeats: number }>()

  constructor(log: AuditLog, now: () => Milliseconds) {
    this.#log = log
    this.#now = now
  }

  record(fact: AuditFact): void {
    this.#log.append({ at: new Date(this.#now()).toISOString(), ...fact })
  }

  /** Records a refusal or guess; one like it within the last minute is only counted. */
  recordRefusal(fact: AuditFact, secretHash: string | null): void {
    const key = [
      fact.event,
      fact.code,
      fact.address,
      fact.protocol,
      fact.app,
      fact.streamId,
      fact.type,
      secretHash,
    ].join(' ')
    const now = this.#now()
    const last = this.#refusals.get(key)
    // One from the future was written before the clock was set back.
    if (last && last.at <= now && now - last.at < FOLD) {
      last.repeats++
      return
    }
    this.#refusals.delete(key)
    this.#refusals.set(key, { at: now, repeats: 0 })
    if (this.#refusals.size > MOST_FOLDED) this.#forgetOldest()
    const repeats = last?.repeats ?? 0
    this.#log.append({ at: new Date(now).toISOString(), ...fact, ...(repeats > 0 && { repeats }) })
  }

  flush(): Promise<void> {
    return this.#log.flush()
  }

  #forgetOldest(): void {
    const oldest = this.#refusals.keys().next().value
    if (oldest !== undefined) this.#refusals.delete(oldest)
  }
}
