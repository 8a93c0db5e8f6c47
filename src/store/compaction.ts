import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import { journalName, SNAPSHOT } from './data-directory.ts'
import { replaceFile, syncDirectory } from './durable-file.ts'
import type { Journal } from './journal.ts'
import { JournalFile } from './journal-file.ts'
import type { Records } from './records.ts'
import type { Generations } from './recovery.ts'
import { SnapshotFile } from './snapshot-file.ts'
import { type Retention, writeSnapshot } from './snapshot-merge.ts'

const SMALLEST = 1 << 20
const LARGEST = 1 << 24
/** How much longer than a compaction took there is none that can wait. */
const REST = 50

export interface CompactionParts {
  readonly directory: string
  readonly records: Records
  readonly journal: Journal
  readonly found: Generations
  /** How long the journal may grow, in bytes; by default as {@link Compaction} says. */
  readonly journalLimit: number | undefined
  /** Begins a compaction: tells which tokens have ended long enough ago to be left out. */
  retention(): Retention
}

/**
 * Writes a new snapshot when the journal has grown long, while commits go on in the next journal. It is due at 1 MiB,
 * lest the next start have much to replay; but no oftener than so that it takes a fiftieth of the time, unless the
 * journal has reached a quarter of the snapshot, or 16 MiB.
 */
export class Compaction {
  readonly #parts: CompactionParts
  #snapshot: number
  #current: number
  /** Bytes of the journals before the current one, which an interrupted compaction left. */
  #left: number
  #limit: number
  #restedAt: Milliseconds = 0
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
    if (this.#closed || this.#running || !this.#isDue) return
    this.#left = 0
    const started = performance.now()
    this.#running = this.#compact()
      // Nothing is lost: snapshot and journals stand as they did, and the next long journal tries again.
      .catch(({ message }: Error) => process.emitWarning(`the journal stays long: ${message}`, 'StoreWarning'))
      .finally(() => {
        this.#running = undefined
        this.#restedAt = performance.now() + REST * (performance.now() - started)
      })
  }

  /** Where the journal has outgrown its limit by far, resolves when the compaction under way is over. */
  async room(): Promise<void> {
    if (this.#parts.journal.length > this.#limit * 2) await this.#running
  }

  get #isDue(): boolean {
    const bytes = this.#left + this.#parts.journal.length
    return bytes > this.#limit || (bytes > SMALLEST && performance.now() >= this.#restedAt)
  }

  /** Starts none any more; resolves when none is running. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  /**
   * The new journal is there before the records are looked at, so that it has all that changes from then on; all that the new snapshot may have seen is in it
   * durably before the snapshot takes its place, and the old journals go last: a crash in between loses nothing.
   */
  async #compact(): Promise<void> {
    const { directory, journal, records, journalLimit } = this.#parts
    const failures = journal.failures
    await this.#beginNextJournal()
    const view = records.view()
    const path = join(directory, SNAPSHOT)
    await replaceFile(
      path,
      (file) => writeSnapshot(file, this.#current, view, this.#retention()),
      async () => {
        await journal.commit([])
        if (journal.failures !== failures) throw new AmsctlError('STORE_FAILED', 'the snapshot saw what was undone')
      },
    )
    const snapshot = SnapshotFile.open(path)
    await records.adopt(snapshot, view)
    this.#limit = journalLimit ?? limitFor(snapshot.size)
    await this.#removeOldJournals()
  }

  #retention(): Retention {
    const { records, retention } = this.#parts
    const { now, isForgettable } = retention()
    const inUse = records.tokensInUse()
    return { now, isForgettable: (token) => !inUse.has(token.hash) && isForgettable(token) }
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
