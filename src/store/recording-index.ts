import { existsSync, readFileSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Recording } from '../domain/recording.ts'
import type { RecordingIndex } from '../services/ports.ts'
import { replaceFile, syncDirectory } from './durable-file.ts'
import { storeDamaged, storeFailed } from './failure.ts'

const FILE = 'index.ndjson'
/** Lines that say nothing any more are dropped at the next start where there are more than this. */
const MOST_STALE = 1000
const NEWLINE = 10

/** The last line about a file counts. */
type Line = Recording | { readonly app: string; readonly file: string; readonly removed: true }

/** Which stream each recording in a directory is of: `index.ndjson`, a line a change, durable line by line. */
export class RecordingIndexFile implements RecordingIndex {
  readonly #path: string
  readonly #recordings: Map<string, Recording>
  #sound: number
  #file: FileHandle | undefined
  #closed = false
  #waiting = ''
  #nextWrite: Promise<void> | undefined
  #lastWrite: Promise<void> = Promise.resolve()

  private constructor(path: string, { recordings, sound }: Contents) {
    this.#path = path
    this.#recordings = recordings
    this.#sound = sound
  }

  /** Creates nothing: a directory that is not there holds no recordings. */
  static async open(directory: string): Promise<RecordingIndexFile> {
    const path = join(directory, FILE)
    try {
      const contents = read(path)
      if (contents.stale <= MOST_STALE) return new RecordingIndexFile(path, contents)
      await compact(path, contents.recordings)
      return new RecordingIndexFile(path, read(path))
    } catch (cause) {
      throw storeFailed('read', path, cause)
    }
  }

  get(app: string, file: string): Recording | undefined {
    return this.#recordings.get(keyOf(app, file))
  }

  all(): readonly Recording[] {
    return [...this.#recordings.values()]
  }

  async put(recording: Recording): Promise<void> {
    await this.#append(recording)
    this.#recordings.set(keyOf(recording.app, recording.file), recording)
  }

  async remove(app: string, file: string): Promise<void> {
    if (!this.get(app, file)) return
    await this.#append({ app, file, removed: true })
    this.#recordings.delete(keyOf(app, file))
  }

  async close(): Promise<void> {
    await (this.#nextWrite ?? this.#lastWrite).catch(() => undefined)
    this.#closed = true
    await this.#file?.close()
    this.#file = undefined
  }

  /** Lines that come while others are written share the next sync. */
  #append(line: Line): Promise<void> {
    this.#waiting += `${JSON.stringify(line)}\n`
    this.#nextWrite ??= this.#lastWrite.then(() => this.#write())
    return this.#nextWrite
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting)
    // The ones who asked hear of a failure; the next lines are tried all the same.
    this.#lastWrite = (this.#nextWrite ?? Promise.resolve()).catch(() => undefined)
    this.#nextWrite = undefined
    this.#waiting = ''
    try {
      // A recording that its disk has held up; the lock may be another process's by now.
      if (this.#closed) throw new Error('the index is closed')
      this.#file ??= await this.#open()
      // Over whatever a crash or a full disk has left of an unfinished line.
      await this.#file.truncate(this.#sound)
      await this.#file.appendFile(bytes)
      await this.#file.datasync()
      this.#sound += bytes.length
    } catch (cause) {
      throw storeFailed('write', this.#path, cause)
    }
  }

  async #open(): Promise<FileHandle> {
    const directory = join(this.#path, '..')
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const file = await open(this.#path, 'a', 0o600)
    try {
      await syncDirectory(directory)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }
}

interface Contents {
  readonly recordings: Map<string, Recording>
  /** Bytes of whole lines; a crash may leave half a line behind them, about a file that was never begun. */
  readonly sound: number
  /** Lines that later ones have overtaken. */
  readonly stale: number
}

function read(path: string): Contents {
  const recordings = new Map<string, Recording>()
  if (!existsSync(path)) return { recordings, sound: 0, stale: 0 }
  const bytes = readFileSync(path)
  const sound = bytes.lastIndexOf(NEWLINE) + 1
  const lines = sound === 0 ? [] : bytes.toString('utf8', 0, sound - 1).split('\n')
  for (const [index, text] of lines.entries()) {
    const line = parse(text, path, index + 1)
    const key = keyOf(line.app, line.file)
    if ('removed' in line) recordings.delete(key)
    else recordings.set(key, line)
  }
  return { recordings, sound, stale: lines.length - recordings.size }
}

/** A file whose line cannot be read could be taken for one that was dropped in, and open to the wrong tokens. */
function parse(text: string, path: string, number: number): Line {
  const line = readJson(text)
  if (isLine(line)) return line
  throw storeDamaged(path, number, 'not a line of the index of recordings', 'Mend the line, or remove it.')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Told with the number of the line.
    return undefined
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false
  const line: Partial<Record<keyof Recording | 'removed', unknown>> = value
  if (typeof line.app !== 'string' || typeof line.file !== 'string') return false
  if (line.removed === true) return true
  const numbers = [line.startedAt, line.endedAt ?? 0, line.bytes, line.duration]
  return typeof line.streamId === 'string' && numbers.every((number) => typeof number === 'number')
}

function compact(path: string, recordings: ReadonlyMap<string, Recording>): Promise<void> {
  const lines = [...recordings.values()].map((recording) => `${JSON.stringify(recording)}\n`)
  return replaceFile(path, (file) => file.writeFile(lines.join('')))
}

function keyOf(app: string, file: string): string {
  return `${app}/${file}`
}
