import { close, closeSync, fstatSync, openSync } from 'node:fs'
import { AmsctlError } from '../domain/errors.ts'
import { hashPrefixOf, type SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'
import { snapshotDamaged, storeFailed } from './failure.ts'
import { type Range, readAt } from './line-window.ts'
import { refuseNewer } from './schema.ts'
import { readSnapshotHead, readSnapshotLine, SNAPSHOT_END } from './snapshot-line.ts'
import { type Line, readLineGroups } from './snapshot-scan.ts'
import { SnapshotSearch } from './snapshot-search.ts'
import { isToken, SESSION_PREFIX, type StoredRecord } from './stored-record.ts'

const LONGEST_HEAD = 256
const ENDING = `\n${SNAPSHOT_END}\n`

/**
 * A snapshot on the disk: a sorted string table, of which only what is asked for is read. Every line that is looked at
 * is held to its checksum.
 */
export class SnapshotFile {
  readonly path: string
  readonly generation: number
  /** In bytes. */
  readonly size: number
  readonly #fd: number
  readonly #search: SnapshotSearch
  readonly #tokens: Range
  readonly #sessions: Range
  #readers = 1

  private constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
    this.size = fstatSync(fd).size
    const { generation, length } = readHead(path, fd)
    this.generation = generation
    const lines = { start: length, end: endOfLines(path, fd, length, this.size) }
    this.#search = new SnapshotSearch(path, fd, lines)
    // Sessions sort after all hashes.
    const border = this.#search.seek(SESSION_PREFIX, lines)?.start ?? lines.end
    this.#tokens = { start: lines.start, end: border }
    this.#sessions = { start: border, end: lines.end }
  }

  /** @throws STORE_DAMAGED, STORE_NEWER, STORE_FAILED */
  static open(path: string): SnapshotFile {
    let fd: number | undefined
    try {
      fd = openSync(path, 'r')
      return new SnapshotFile(path, fd)
    } catch (cause) {
      if (fd !== undefined) closeSync(fd)
      throw storeFailed('read', path, cause)
    }
  }

  token(hash: SecretHash): Token | undefined {
    this.#refuseClosed()
    const found = this.#search.seek(hash, this.#tokens)
    return found?.key === hash ? this.tokenIn(found) : undefined
  }

  /** The token whose id was made of its hash; one that got its id otherwise is not found. */
  tokenByOwnId(id: string): Token | undefined {
    this.#refuseClosed()
    const prefix = hashPrefixOf(id)
    const found = prefix && this.#search.seek(prefix, this.#tokens)
    const token = found ? this.tokenIn(found) : undefined
    return token?.id === id ? token : undefined
  }

  async sessions(): Promise<Session[]> {
    const sessions: Session[] = []
    for await (const lines of readLineGroups(this.path, this.#fd, this.#sessions)) {
      for (const line of lines) sessions.push(this.#decode(line) as Session)
    }
    return sessions
  }

  /**
   * The lines of the tokens from hash `from` on in groups, each valid until the next; with `needle` only those that
   * have its bytes.
   */
  async *tokenLines(needle?: Buffer, from: SecretHash = ''): AsyncGenerator<Iterable<Line>> {
    this.#refuseClosed()
    this.#readers++
    try {
      const { start, end } = this.#tokens
      const range = { start: from === '' ? start : (this.#search.seek(from, this.#tokens)?.start ?? end), end }
      yield* readLineGroups(this.path, this.#fd, range, needle)
    } finally {
      this.close()
    }
  }

  tokenIn(line: Line): Token {
    const record = this.#decode(line)
    if (isToken(record)) return record
    throw snapshotDamaged(this.path, line.start, 'this is no token')
  }

  /** Keeps the file open, though its owner closes it, until {@link close} is called once more. */
  hold(): void {
    this.#refuseClosed()
    this.#readers++
  }

  /**
   * Lets go of the file once nobody reads it any more. Where it has been replaced, the system frees its blocks then:
   * a hundred milliseconds for a million tokens, for which nothing else must wait.
   */
  close(): void {
    // Nothing was written through it, so no failure matters.
    if (--this.#readers === 0) close(this.#fd, () => undefined)
  }

  /** The number of a closed file may belong to another one by now. */
  #refuseClosed(): void {
    if (this.#readers === 0) throw new AmsctlError('STORE_FAILED', 'the store is closed')
  }

  #decode({ line, start }: Line): StoredRecord {
    try {
      const entry = readSnapshotLine(line)
      if (entry) return entry[1]
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      throw snapshotDamaged(this.path, start, 'this is no record that this version knows')
    }
    throw snapshotDamaged(this.path, start, 'the checksum of the record is wrong')
  }
}

function readHead(path: string, fd: number): { generation: number; length: number } {
  const bytes = Buffer.alloc(LONGEST_HEAD)
  const [line = ''] = bytes.toString('utf8', 0, readAt(path, fd, bytes, 0)).split('\n')
  const head = readSnapshotHead(line)
  if (head) refuseNewer(path, head.version)
  if (head) return { generation: head.generation, length: line.length + 1 }
  throw snapshotDamaged(path, 0, 'this is not the head of a snapshot')
}

/** Where the last line of records ends, the file being whole to its end. */
function endOfLines(path: string, fd: number, start: number, size: number): number {
  const ending = Buffer.alloc(ENDING.length)
  const at = size - ending.length
  if (at + 1 < start || readAt(path, fd, ending, at) < ending.length || ending.toString() !== ENDING) {
    throw snapshotDamaged(path, Math.max(0, at), 'the snapshot does not end as it should')
  }
  return at + 1
}
