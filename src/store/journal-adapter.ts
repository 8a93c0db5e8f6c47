import type { Adapter } from 'lowdb'
import { AmsctlError } from '../domain/errors.ts'
import { backUp } from './backup.ts'
import { Compaction } from './compaction.ts'
import { Journal } from './journal.ts'
import type { Records } from './records.ts'
import { recover } from './recovery.ts'
import type { Retention } from './snapshot-merge.ts'

export interface JournalAdapterOptions {
  readonly directory: string
  readonly journalLimit: number | undefined
  retention(): Retention
}

/** Changes in one commit that make it a part of bulk work. */
const MANY = 100

interface Opened {
  readonly records: Records
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
    this.#opened = { records, journal, compaction }
    return records
  }

  async write(records: Records): Promise<void> {
    const { journal, compaction } = this.#open
    const changes = records.takeChanges()
    await journal.commit(changes)
    compaction.consider()
    // Whoever changes thousands of tokens waits, lest memory fill with them; whoever spends one never does.
    if (changes.length >= MANY) await compaction.room()
  }

  /** Writes what was only touched, without waiting for the disk. */
  async flush(): Promise<void> {
    const { journal, compaction } = this.#open
    await journal.flush()
    compaction.consider()
  }

  async backUp(target: string): Promise<void> {
    const { records, journal } = this.#open
    await backUp({ directory: this.#options.directory, records, journal }, target)
  }

  async close(): Promise<void> {
    await this.#opened?.compaction.close()
    await this.#opened?.journal.close()
    this.#opened?.records.close()
  }

  get #open(): Opened {
    if (!this.#opened) throw new AmsctlError('INTERNAL', 'the store was written before it was read')
    return this.#opened
  }
}
