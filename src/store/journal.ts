import { AmsctlError } from '../domain/errors.ts'
import { isDiskFull, storeFailed } from './failure.ts'
import type { JournalFile } from './journal-file.ts'
import { encodeLine } from './journal-line.ts'
import { type Change, undoAll } from './records.ts'

interface Commit {
  readonly changes: readonly Change[]
  resolve(): void
  reject(error: AmsctlError): void
}

/** A string of this length is turned into bytes before more is added. */
const CHUNK = 1 << 20

/**
 * Writes commits in groups: what arrives while one group is written and synced makes up the next. A commit is told
 * to its caller when it is on the disk, and not before. Where a group fails, it and all that waits behind it is undone.
 */
export class Journal {
  #file: JournalFile
  /** How much of the file is on the disk for certain. */
  #durable: number
  #queue: Commit[] = []
  readonly #interludes: (() => Promise<void>)[] = []
  #running: Promise<void> | undefined
  /** Changes that were written and not yet synced, for which nobody waits. */
  #unsynced: Change[] = []
  #refusal: AmsctlError | undefined
  #failures = 0
  readonly #takeLazy: () => readonly Change[]

  /** @param takeLazy hands over changes that go along whenever something is written */
  constructor(file: JournalFile, takeLazy: () => readonly Change[]) {
    this.#file = file
    this.#durable = file.length
    this.#takeLazy = takeLazy
  }

  get path(): string {
    return this.#file.path
  }

  get length(): number {
    return this.#file.length
  }

  /** How often a group was undone. */
  get failures(): number {
    return this.#failures
  }

  /** Resolves when `changes` and all before them are on the disk; without changes it waits for those before. */
  commit(changes: readonly Change[]): Promise<void> {
    if (this.#refusal) {
      undoAll(changes)
      return Promise.reject(this.#refusal)
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, resolve, reject })
      void this.#wake()
    })
  }

  /** Writes the lazy changes without waiting for the disk. */
  async flush(): Promise<void> {
    if (this.#refusal) return
    this.#queue.push({ changes: [], resolve: () => undefined, reject: () => undefined })
    await this.#wake()
  }

  /** Goes on in `next`, between two groups; resolves with the file used so far, all of it synced. */
  rotate(next: JournalFile): Promise<JournalFile> {
    return new Promise((resolve, reject) => {
      this.#interludes.push(() => this.#switchTo(next).then(resolve, reject))
      void this.#wake()
    })
  }

  /** Writes what waits, syncs and closes the file; later commits are refused. */
  async close(): Promise<void> {
    await this.flush()
    this.#refusal ??= new AmsctlError('STORE_FAILED', 'the store is closed')
    await this.#running
    try {
      if (this.#unsynced.length > 0) await this.#file.sync()
    } finally {
      await this.#file.close()
    }
  }

  #wake(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    // Whatever else is committed in this turn of the event loop joins the first group.
    await Promise.resolve()
    for (;;) {
      const interlude = this.#interludes.shift()
      if (interlude) await interlude()
      else if (this.#queue.length > 0) await this.#writeGroup(this.#queue.splice(0))
      else break
    }
    this.#running = undefined
  }

  async #writeGroup(group: readonly Commit[]): Promise<void> {
    // They came while the last failure was being dealt with.
    if (this.#refusal) return giveUp(group, this.#refusal)
    const lazy = this.#takeLazy()
    try {
      this.#unsynced = this.#unsynced.concat(lazy)
      const commits = group.map((commit) => commit.changes).filter((changes) => changes.length > 0)
      // Lazy changes are as memory has them now, after all that this group commits.
      await this.#append(lazy.length > 0 ? [...commits, lazy] : commits)
      if (commits.length > 0) await this.#sync()
    } catch (cause) {
      await this.#fail(group, storeFailed('write', this.#file.path, cause))
      return
    }
    for (const commit of group) commit.resolve()
  }

  async #append(lines: readonly (readonly Change[])[]): Promise<void> {
    let text = ''
    for (const changes of lines) {
      for (const piece of await encodeLine(this.#durable, changes)) {
        text += piece
        if (text.length < CHUNK) continue
        await this.#file.append(Buffer.from(text))
        text = ''
      }
    }
    if (text.length > 0) await this.#file.append(Buffer.from(text))
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync()
    } catch (cause) {
      // After any other failed sync nobody knows what the disk holds, and no later one could be believed.
      if (!isDiskFull(cause)) this.#refuse(cause)
      throw cause
    }
    this.#durable = this.#file.length
    this.#unsynced = []
  }

  async #fail(group: readonly Commit[], error: AmsctlError): Promise<void> {
    const lost = [...group, ...this.#queue.splice(0)]
    undoAll([...this.#unsynced, ...lost.flatMap((commit) => commit.changes)])
    this.#unsynced = []
    this.#failures++
    await this.#file.truncate(this.#durable).catch((cause) => this.#refuse(cause))
    for (const commit of lost) commit.reject(error)
  }

  #refuse(cause: unknown): void {
    const path = this.#file.path
    this.#refusal ??= new AmsctlError('STORE_FAILED', `${path} can no longer be written safely; restart amsctl`, {
      cause,
    })
  }

  async #switchTo(next: JournalFile): Promise<JournalFile> {
    if (this.#refusal) throw this.#refusal
    const last = this.#file
    if (this.#unsynced.length > 0) await this.#sync()
    this.#file = next
    this.#durable = next.length
    return last
  }
}

function giveUp(commits: readonly Commit[], error: AmsctlError): void {
  undoAll(commits.flatMap((commit) => commit.changes))
  for (const commit of commits) commit.reject(error)
}
