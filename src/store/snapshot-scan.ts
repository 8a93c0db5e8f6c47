import { read } from 'node:fs'
import { promisify } from 'node:util'
import { snapshotDamaged, storeFailed } from './failure.ts'
import type { Range } from './line-window.ts'

const readBytes = promisify(read)

/** Large enough that reading it costs little, small enough that looking through it holds nobody up. */
const CHUNK = 1 << 17
/** No line is longer, nor nearly as long. */
const LONGEST = 1 << 20
const NEWLINE = 10

export interface Line {
  /** Where in the file it starts, in bytes. */
  readonly start: number
  /** Without its newline. */
  readonly line: Buffer
}

/**
 * Reads the lines of a part of a file in order, those of a chunk at a time: a group is valid until the next one, and
 * between two there is a turn of the event loop. With `needle`, lines without these bytes are passed over.
 */
export async function* readLineGroups(
  path: string,
  fd: number,
  { start, end }: Range,
  needle?: Buffer,
): AsyncGenerator<Iterable<Line>> {
  let chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - start))
  for (let position = start; position < end; ) {
    const length = await readChunk(path, fd, chunk, position, end)
    const whole = length === 0 ? 0 : chunk.lastIndexOf(NEWLINE, length - 1) + 1
    if (whole > 0) {
      const bytes = chunk.subarray(0, whole)
      yield needle ? linesWith(needle, bytes, position) : linesOf(bytes, position)
      position += whole
    } else if (length === chunk.length && length < LONGEST) {
      chunk = Buffer.allocUnsafe(length * 2)
    } else {
      throw snapshotDamaged(path, position, 'there is no line')
    }
  }
}

async function readChunk(path: string, fd: number, chunk: Buffer, position: number, end: number): Promise<number> {
  try {
    return (await readBytes(fd, chunk, 0, Math.min(chunk.length, end - position), position)).bytesRead
  } catch (cause) {
    throw storeFailed('read', path, cause)
  }
}

function* linesOf(bytes: Buffer, position: number): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start)
    yield { start: position + start, line: bytes.subarray(start, end) }
    start = end + 1
  }
}

function* linesWith(needle: Buffer, bytes: Buffer, position: number): Generator<Line> {
  for (let hit = bytes.indexOf(needle); hit !== -1; ) {
    const start = bytes.lastIndexOf(NEWLINE, hit) + 1
    const end = bytes.indexOf(NEWLINE, hit)
    yield { start: position + start, line: bytes.subarray(start, end) }
    hit = bytes.indexOf(needle, end)
  }
}
