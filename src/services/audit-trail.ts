import type { AuditEntry } from '../domain/audit.ts'
import type { AuditLog, AuditQuery } from './ports.ts'

type Listener = (entry: AuditEntry) => void

/** An audit log that tells of each entry as it comes, and finds those that were written. */
export class AuditTrail implements AuditLog {
  readonly #log: AuditLog
  readonly #search: (query: AuditQuery) => Promise<AuditEntry[]>
  readonly #listeners = new Set<Listener>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(log: AuditLog, search: (query: AuditQuery) => Promise<AuditEntry[]>) {
    this.#log = log
    this.#search = search
  }

  append(entry: AuditEntry): void {
    this.#log.append(entry)
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

  /** The newest entries that fit, oldest first. One search at a time: each may read all that there is. */
  search(query: AuditQuery): Promise<AuditEntry[]> {
    const found = this.#turn.then(() => this.#log.flush()).then(() => this.#search(query))
    this.#turn = found.catch(() => undefined)
    return found
  }
}
