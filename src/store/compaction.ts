import { stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import type { Token } from '../domain/token.ts'
import { journalName, SNAPSHOT } from './data-directory.ts'
import { replaceFile, syncDirectory } from './durable-file.ts'
import type { Journal } from './journal.ts'
import { JournalFile } from './journal-file.ts'
import { isToken, type Records, type StoredRecord } from './records.ts'
import type { Generations } from './recovery.ts'
import { writeSnapshot } from './snapshot-writer.ts'

const SMALLEST = 1 << 20
const LARGEST = 1 << 24

export interface CompactionParts {
  readonly directory: string
  readonly records: Records
  readonly journal: Journal
  readonly found: Generations
  /** How long the journal may grow, in bytes; by default a quarter of the snapshot, from 1 to 16 MiB. */
  readonly journalLimit: number | undefined
  /** Begins a compaction: tells whether a token has ended long enough ago to be left out. */
  forgettable(): (token: Token) => boolean
}

/** Writes a new snapshot when the journal has grown long, while commits go on in the next journal. */
export class Compaction {
  readonly #parts: CompactionParts
  #snapshot: number
  #current: number
  /** Bytes of the journals before the current one, which an interrupted compaction left. */
  #left: number
  #limit: number
  #running: Promise<void> | undefined
  #closed = false

  constructor(parts: CompactionParts) {
    this.#parts = parts
    this.#snapshot = parts.found.snapshot
    this.#current = parts.found.current
    this.#left = parts.found.bytesBefore
    this.#limit = parts.journalLimit ?? limitFor(parts.found.snapshotBytes)
  }

  /** Starts a compaction where one is due and none is running. */
  consider(): void {
    if (this.#closed || this.#running || this.#left + this.#parts.journal.length <= this.#limit) return
    this.#left = 0
    this.#running = this.#compact()
      // Nothing is lost: snapshot and journals stand as they did, and the next long journal tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Starts none any more; resolves when none is running. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  /**
   * The new journal is there before anything is written to it, all that the new snapshot may have seen is in it
   * durably before the snapshot takes its place, and the old journals go last: a crash in between loses nothing.
   */
  async #compact(): Promise<void> {
    const { directory, journal, records, journalLimit } = this.#parts
    const failures = journal.failures
    await this.#beginNextJournal()
    const forgotten: Token[] = []
    const isForgettable = this.#parts.forgettable()
    const inUse = records.tokensInUse()
    const keep = (record: StoredRecord) => {
      if (!isToken(record) || inUse.has(record.hash) || !isForgettable(record)) return true
      forgotten.push(record)
      return false
    }
    const path = join(directory, SNAPSHOT)
    await replaceFile(
      path,
      (file) => writeSnapshot(file, this.#current, records, keep),
      async () => {
        await journal.commit([])
        if (journal.failures !== failures) throw new AmsctlError('STORE_FAILED', 'the snapshot saw what was undone')
      },
    )
    for (const token of forgotten) records.forget(token)
    this.#limit = journalLimit ?? limitFor((await stat(path)).size)
    await this.#removeOldJournals()
  }

  async #beginNextJournal(): Promise<void> {
    const { directory, journal } = this.#parts
    const next = await JournalFile.open(join(directory, journalName(this.#current + 1)))
    try {
      await syncDirectory(directory)
      const last = await journal.rotate(next)
      this.#current++
      await last.close()
    } catch (cause) {
      if (this.#parts.journal.path !== next.path) await next.close()
      throw cause
    }
  }

  async #removeOldJournals(): Promise<void> {
    for (; this.#snapshot < this.#current; this.#snapshot++) {
      await unlink(join(this.#parts.directory, journalName(this.#snapshot)))
    }
  }
}

function limitFor(snapshotBytes: number): number {
  return Math.min(Math.max(SMALLEST, snapshotBytes / 4), LARGEST)
}
