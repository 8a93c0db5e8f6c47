import { readSync } from 'node:fs'
import { snapshotDamaged, storeFailed } from './failure.ts'

/** A part of a file, in bytes: from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

const NEWLINE = 10
const SPAN = 4096
/** No line is longer, nor nearly as long. */
const LONGEST = 1 << 20

/** Reads single lines out of the middle of a file, the bytes around the last one being at hand. */
export class LineWindow {
  readonly #path: string
  readonly #fd: number
  readonly #lines: Range
  #memory: Buffer = Buffer.alloc(SPAN)
  #start = 0
  #bytes = this.#memory.subarray(0, 0)

  /** @param lines whole lines of the file, each with its newline */
  constructor(path: string, fd: number, lines: Range) {
    this.#path = path
    this.#fd = fd
    this.#lines = lines
  }

  /** Where the line that has the byte `at` starts, and its newline is. */
  around(at: number): Range {
    for (let span = SPAN; ; span *= 2) {
      const line = this.#find(at)
      if (line) return line
      if (span > LONGEST) throw snapshotDamaged(this.#path, at, 'there is no line')
      this.#load(at - span / 2, at + span / 2)
    }
  }

  /** The bytes of the line that {@link around} has just found. */
  read({ start, end }: Range): Buffer {
    return this.#bytes.subarray(start - this.#start, end - this.#start)
  }

  #find(at: number): Range | undefined {
    const offset = at - this.#start
    if (offset < 0 || offset >= this.#bytes.length) return undefined
    const before = offset === 0 ? -1 : this.#bytes.lastIndexOf(NEWLINE, offset - 1)
    const end = this.#bytes.indexOf(NEWLINE, offset)
    if (end === -1 || (before === -1 && this.#start > this.#lines.start)) return undefined
    return { start: this.#start + before + 1, end: this.#start + end }
  }

  #load(from: number, to: number): void {
    const start = Math.max(from, this.#lines.start)
    const wanted = Math.min(to, this.#lines.end) - start
    if (this.#memory.length < wanted) this.#memory = Buffer.alloc(wanted)
    const length = readAt(this.#path, this.#fd, this.#memory.subarray(0, wanted), start)
    this.#bytes = this.#memory.subarray(0, length)
    this.#start = start
  }
}

/** Fills `bytes` from the file, as far as it goes; how far that was. */
export function readAt(path: string, fd: number, bytes: Buffer, position: number): number {
  try {
    let done = 0
    for (;;) {
      const length = readSync(fd, bytes, done, bytes.length - done, position + done)
      done += length
      if (length === 0 || done === bytes.length) return done
    }
  } catch (cause) {
    throw storeFailed('read', path, cause)
  }
}
