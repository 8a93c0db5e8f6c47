import type { AuditEntry, AuditLog } from './ports.ts'

/** How many entries are remembered. */
export const LONGEST_TRAIL = 1000

type Listener = (entry: AuditEntry) => void

/** An audit log that remembers its newest entries, and tells of each as it comes. */
export class AuditTrail implements AuditLog {
  readonly #log: AuditLog
  readonly #readEarlier: (limit: number) => Promise<readonly AuditEntry[]>
  readonly #since = new Date().toISOString()
  readonly #listeners = new Set<Listener>()
  #recent: AuditEntry[] = []
  #earlier: Promise<readonly AuditEntry[]> | undefined

  /** `readEarlier` resolves with the newest that were written, those of this process perhaps among them. */
  constructor(log: AuditLog, readEarlier: (limit: number) => Promise<readonly AuditEntry[]>) {
    this.#log = log
    this.#readEarlier = readEarlier
  }

  append(entry: AuditEntry): void {
    this.#log.append(entry)
    this.#recent.push(entry)
    if (this.#recent.length >= 2 * LONGEST_TRAIL) this.#recent = this.#recent.slice(-LONGEST_TRAIL)
    for (const listener of this.#listeners) listener(entry)
  }

  flush(): Promise<void> {
    return this.#log.flush()
  }

  /** Calls `listener` with each entry from now on; returns how to stop that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The newest entries, oldest first; at most {@link LONGEST_TRAIL}. */
  async recent(limit: number): Promise<AuditEntry[]> {
    const wanted = Math.min(limit, LONGEST_TRAIL)
    if (this.#recent.length < wanted) {
      // Once: the files may be long.
      this.#earlier ??= this.#readEarlier(LONGEST_TRAIL)
      const earlier = await this.#earlier.catch(() => {
        this.#earlier = undefined
        return []
      })
      return [...earlier.filter(({ at }) => at < this.#since), ...this.#recent].slice(-wanted)
    }
    return this.#recent.slice(-wanted)
  }
}
