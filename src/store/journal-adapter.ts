import type { Adapter } from 'lowdb'
import { AmsctlError } from '../domain/errors.ts'
import type { Token } from '../domain/token.ts'
import { Compaction } from './compaction.ts'
import { Journal } from './journal.ts'
import type { Records } from './records.ts'
import { recover } from './recovery.ts'

export interface JournalAdapterOptions {
  readonly directory: string
  readonly journalLimit: number | undefined
  forgettable(): (token: Token) => boolean
}

interface Opened {
  readonly journal: Journal
  readonly compaction: Compaction
}

/** lowdb's way to the disk: `read` recovers, `write` appends what changed and resolves when that is durable. */
export class JournalAdapter implements Adapter<Records> {
  readonly #options: JournalAdapterOptions
  #opened: Opened | undefined

  constructor(options: JournalAdapterOptions) {
    this.#options = options
  }

  /** Called once: from then on memory is ahead of the disk. */
  async read(): Promise<Records> {
    const { records, journal: file, generations } = await recover(this.#options.directory)
    const journal = new Journal(file, () => records.takeTouched())
    const compaction = new Compaction({ ...this.#options, records, journal, found: generations })
    this.#opened = { journal, compaction }
    return records
  }

  async write(records: Records): Promise<void> {
    const { journal, compaction } = this.#open
    await journal.commit(records.takeChanges())
    compaction.consider()
  }

  /** Writes what was only touched, without waiting for the disk. */
  async flush(): Promise<void> {
    const { journal, compaction } = this.#open
    await journal.flush()
    compaction.consider()
  }

  async close(): Promise<void> {
    await this.#opened?.compaction.close()
    await this.#opened?.journal.close()
  }

  get #open(): Opened {
    if (!this.#opened) throw new AmsctlError('INTERNAL', 'the store was written before it was read')
    return this.#opened
  }
}
