import { Low } from 'lowdb'
import type { Configuration, ConfigurationStore } from '../services/ports.ts'
import { SettingsAdapter } from './settings-adapter.ts'

const EMPTY: Configuration = { settings: {}, apiKeys: [] }

/** The configuration in `settings.json`. */
export class FileConfigurationStore implements ConfigurationStore {
  readonly #db: Low<Configuration>
  /** What the disk holds. */
  #durable: Configuration
  #last: Promise<void> = Promise.resolve()
  /** How many writes wait or are under way. */
  #writes = 0

  private constructor(db: Low<Configuration>) {
    this.#db = db
    this.#durable = db.data
  }

  static async open(path: string): Promise<FileConfigurationStore> {
    const db = new Low<Configuration>(new SettingsAdapter(path), EMPTY)
    await db.read()
    return new FileConfigurationStore(db)
  }

  get current(): Configuration {
    return this.#db.data
  }

  /** `current` is `next` at once, so that whoever changes it next builds on it; a write that fails takes it back. */
  write(next: Configuration): Promise<void> {
    this.#db.data = next
    this.#writes++
    return this.#inTurn(() => this.#replace(next))
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      this.#durable = (await this.#db.adapter.read()) ?? EMPTY
      if (this.#writes === 0) this.#db.data = this.#durable
    })
  }

  /** Resolves when nothing is being written. */
  async close(): Promise<void> {
    await this.#last
  }

  async #replace(next: Configuration): Promise<void> {
    try {
      await this.#db.adapter.write(next)
      this.#durable = next
    } finally {
      this.#writes--
      if (this.#writes === 0) this.#db.data = this.#durable
    }
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task)
    // Its caller hears of a failure; who comes next only waits for the end.
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
