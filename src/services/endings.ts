import type { Session } from '../domain/session.ts'

/** What ends while somebody looks for it in a store that others change: the answer may be older than the news. */
export class Endings {
  readonly #lookups = new Set<Set<string>>()

  /** `name`: the id of a session, or the hash of the token whose sessions all end. */
  tell(name: string): void {
    for (const ended of this.#lookups) ended.add(name)
  }

  /** Those of the sessions that `lookup` finds which have not ended meanwhile. */
  async unendedOf(lookup: Promise<readonly Session[]>): Promise<Session[]> {
    const ended = new Set<string>()
    this.#lookups.add(ended)
    try {
      const found = await lookup
      return found.filter(({ id, tokenHash }) => !ended.has(id) && !ended.has(tokenHash ?? ''))
    } finally {
      this.#lookups.delete(ended)
    }
  }
}
