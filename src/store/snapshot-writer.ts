import type { FileHandle } from 'node:fs/promises'
import { SNAPSHOT_END } from './snapshot-line.ts'

/** Written at once when this much has come together. */
const CHUNK = 1 << 18
const COMMA = 0x2c

/** Writes the lines of a snapshot, in larger pieces and with the commas between them. */
export class SnapshotWriter {
  readonly #file: FileHandle
  /** Bytes as latin1, so that old lines need not be decoded. */
  #text: string
  #separator = '\n'

  constructor(file: FileHandle, head: string) {
    this.#file = file
    this.#text = head
  }

  add(line: string): void {
    this.#append(Buffer.from(line).toString('latin1'))
  }

  /** Takes over the line of another snapshot. */
  copy(line: Buffer): void {
    this.#append(line.toString('latin1', 0, line.length - (line.at(-1) === COMMA ? 1 : 0)))
  }

  get isFull(): boolean {
    return this.#text.length > CHUNK
  }

  async drain(): Promise<void> {
    const text = this.#text
    this.#text = ''
    await this.#file.writeFile(text, 'latin1')
  }

  async end(): Promise<void> {
    this.#text += `\n${SNAPSHOT_END}\n`
    await this.drain()
  }

  #append(line: string): void {
    this.#text += this.#separator + line
    this.#separator = ',\n'
  }
}
