import { constants as fsConstants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEntry } from '../domain/audit.ts'
import type { AuditLog } from '../services/ports.ts'

const ROTATE_AT = 16 * 1024 * 1024
export const KEPT = 8
const POLL = 200
const NEWLINE = 10

export const auditPath = (dataDir: string, age = 0) => join(dataDir, age === 0 ? 'audit.ndjson' : `audit.ndjson.${age}`)

/** The audit as `audit.ndjson`, appended in the background; rotated at 16 MiB, eight older files kept. */
export class AuditFile implements AuditLog {
  readonly #dataDir: string
  readonly #onError: (error: Error) => void
  #file: FileHandle | undefined
  #size = 0
  #pending: string[] = []
  #writing: Promise<void> | undefined

  constructor(dataDir: string, onError: (error: Error) => void) {
    this.#dataDir = dataDir
    this.#onError = onError
  }

  append(entry: AuditEntry): void {
    this.#pending.push(`${JSON.stringify(entry)}\n`)
    this.#writing ??= this.#drain()
  }

  async flush(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#closeFile()
  }

  /** A full disk costs audit lines, never an admission. */
  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) await this.#write(this.#pending.splice(0).join(''))
    } catch (error) {
      this.#pending = []
      // Opened again, it is seen whether a line was cut short.
      await this.#closeFile().catch(() => undefined)
      this.#onError(error as Error)
    } finally {
      this.#writing = undefined
    }
  }

  async #write(lines: string): Promise<void> {
    this.#file ??= await this.#open()
    await this.#file.appendFile(lines)
    this.#size += Buffer.byteLength(lines)
    if (this.#size >= ROTATE_AT) await this.#rotate()
  }

  async #open(): Promise<FileHandle> {
    const file = await open(
      auditPath(this.#dataDir),
      fsConstants.O_RDWR | fsConstants.O_APPEND | fsConstants.O_CREAT,
      0o600,
    )
    this.#size = (await file.stat()).size
    if (this.#size > 0 && !(await endsInNewline(file, this.#size))) await file.appendFile('\n')
    return file
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #rotate(): Promise<void> {
    await this.#closeFile()
    await rm(auditPath(this.#dataDir, KEPT), { force: true })
    for (let age = KEPT - 1; age >= 0; age--) {
      if (await exists(auditPath(this.#dataDir, age))) {
        await rename(auditPath(this.#dataDir, age), auditPath(this.#dataDir, age + 1))
      }
    }
  }
}

/** False where a crash or a full disk cut the last line short. */
async function endsInNewline(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === NEWLINE
}

/** The entries on disk, oldest first; with `limit`, only that many of the newest. */
export async function* readAudit(dataDir: string, { limit }: { limit?: number } = {}): AsyncGenerator<AuditEntry> {
  let newest: AuditEntry[] = []
  for (let age = KEPT; age >= 0; age--) {
    for await (const entry of readEntries(auditPath(dataDir, age))) {
      if (limit === undefined) yield entry
      else newest.push(entry)
      if (limit !== undefined && newest.length > 2 * limit + 1000) newest = newest.slice(-limit)
    }
  }
  if (limit !== undefined && limit > 0) yield* newest.slice(-limit)
}

/** Entries written from now on, across rotations, until `signal` aborts. */
export async function* followAudit(dataDir: string, signal: AbortSignal): AsyncGenerator<AuditEntry> {
  const path = auditPath(dataDir)
  let { inode, size: offset } = await measure(path)
  while (!signal.aborted) {
    const found = await measure(path)
    if (found.inode !== inode) {
      // Rotated: what followed in the old file first.
      if (inode !== 0) yield* (await readFrom(auditPath(dataDir, 1), offset)).entries
      inode = found.inode
      offset = 0
    }
    if (found.size > offset) {
      const { entries, next } = await readFrom(path, offset)
      offset = next
      yield* entries
    }
    await sleep(POLL, undefined, { signal }).catch(() => undefined)
  }
}

/** The whole lines from `offset` on; `next` is where the first unfinished one begins. */
async function readFrom(path: string, offset: number): Promise<{ entries: AuditEntry[]; next: number }> {
  const chunks: Buffer[] = []
  const file = await openIfThere(path)
  if (file) for await (const chunk of file.createReadStream({ start: offset })) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const end = bytes.lastIndexOf(NEWLINE) + 1
  const entries = bytes.toString('utf8', 0, end).split('\n').flatMap(readEntry)
  return { entries, next: offset + end }
}

async function* readEntries(path: string): AsyncGenerator<AuditEntry> {
  const file = await openIfThere(path)
  if (!file) return
  try {
    for await (const line of file.readLines()) yield* readEntry(line)
  } finally {
    await file.close()
  }
}

/** A rotation may take a file away at any moment. */
function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** A line that a crash cut short is passed over. */
export function readEntry(line: string): AuditEntry[] {
  try {
    return line === '' ? [] : [JSON.parse(line)]
  } catch {
    return []
  }
}

async function measure(path: string): Promise<{ inode: number; size: number }> {
  const found = await stat(path).catch(() => undefined)
  return { inode: found?.ino ?? 0, size: found?.size ?? 0 }
}

async function exists(path: string): Promise<boolean> {
  return (await measure(path)).inode !== 0
}
