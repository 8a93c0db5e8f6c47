import type { SecretHash } from '../domain/secret.ts'
import type { Token } from '../domain/token.ts'

/** What the memtable says of a hash; null is a tombstone: the token is gone, whatever the snapshot has. */
export type Entry = Token | null

/** The tokens that were written since the snapshot was made, the newest state of each. */
export class Memtable {
  readonly #entries = new Map<SecretHash, Entry>()
  readonly #ids = new Map<string, SecretHash>()

  /** undefined: it says nothing, and the snapshot is to be asked. */
  get(hash: SecretHash): Entry | undefined {
    return this.#entries.get(hash)
  }

  byId(id: string): Token | undefined {
    const hash = this.#ids.get(id)
    return hash === undefined ? undefined : (this.#entries.get(hash) ?? undefined)
  }

  set(hash: SecretHash, entry: Entry | undefined): void {
    const before = this.#entries.get(hash)
    if (before && before.id !== entry?.id) this.#ids.delete(before.id)
    if (entry === undefined) {
      this.#entries.delete(hash)
      return
    }
    this.#entries.set(hash, entry)
    if (entry) this.#ids.set(entry.id, hash)
  }

  /** As it stands, which later changes do not touch. */
  copy(): ReadonlyMap<SecretHash, Entry> {
    return new Map(this.#entries)
  }
}
