import type { Low } from 'lowdb'
import type { Session } from '../domain/session.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { SessionStore } from '../services/ports.ts'
import type { Records } from './records.ts'

const SOON: Milliseconds = 1000

/** Sessions in the file-backed store: a change is written along with the next commit or after a second, an end at once. */
export class FileSessionStore implements SessionStore {
  readonly #db: Low<Records>
  readonly #flush: () => Promise<void>
  #timer: NodeJS.Timeout | undefined

  constructor(db: Low<Records>, flush: () => Promise<void>) {
    this.#db = db
    this.#flush = flush
  }

  async all(): Promise<readonly Session[]> {
    return [...this.#db.data.sessions.values()]
  }

  put(session: Session): void {
    // It ended along with its token, and a crash before its connection hears of that must not bring it back.
    if (!this.#db.data.sessions.has(session.id)) return
    this.#db.data.touchSession(session.id, session)
    this.#flushSoon()
  }

  remove(id: string): void {
    const { sessions } = this.#db.data
    const drop = () => {
      if (sessions.has(id)) this.#db.data.touchSession(id, undefined)
      return this.#flush()
    }
    // It may have ended along with its token. Where that cannot be written, both are back.
    if (sessions.has(id)) void drop()
    else void this.#flush().then(drop)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#flush()
    }, SOON).unref()
  }
}
