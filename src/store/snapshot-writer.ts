import type { FileHandle } from 'node:fs/promises'
import { SNAPSHOT_END } from './snapshot-line.ts'

/** Half of it is written as soon as that much has come together. */
const CHUNK = 1 << 19
const COMMA = 0x2c
/** Of a UTF-16 code unit in UTF-8. */
const MOST_BYTES = 3

/** Writes the lines of a snapshot, in larger pieces and with the commas between them. */
export class SnapshotWriter {
  readonly #file: FileHandle
  #bytes = Buffer.allocUnsafe(CHUNK)
  #length = 0
  #separator = '\n'

  constructor(file: FileHandle, head: string) {
    this.#file = file
    this.#write(head)
  }

  add(line: string): void {
    this.#write(this.#separator + line)
    this.#separator = ',\n'
  }

  /** Takes over the line of another snapshot. */
  copy(line: Buffer): void {
    this.#write(this.#separator)
    this.#separator = ',\n'
    const length = line.length - (line.at(-1) === COMMA ? 1 : 0)
    this.#reserve(length)
    this.#length += line.copy(this.#bytes, this.#length, 0, length)
  }

  get isFull(): boolean {
    return this.#length > CHUNK / 2
  }

  async drain(): Promise<void> {
    await this.#file.writeFile(this.#bytes.subarray(0, this.#length))
    this.#length = 0
  }

  async end(): Promise<void> {
    this.#write(`\n${SNAPSHOT_END}\n`)
    await this.drain()
  }

  #write(text: string): void {
    this.#reserve(text.length * MOST_BYTES)
    this.#length += this.#bytes.write(text, this.#length)
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe((this.#length + length) * 2)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
