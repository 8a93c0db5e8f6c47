import { snapshotDamaged } from './failure.ts'
import { LineWindow, type Range } from './line-window.ts'
import { readSnapshotKey } from './snapshot-line.ts'

export interface FoundLine extends Range {
  readonly key: string
  /** Valid until the next search. */
  readonly line: Buffer
}

/** Digits of a hash that say where among all hashes it is. */
const DIGITS = 12
/** So many guesses are made by what keys say; from then on every other one halves what is left. */
const PATIENCE = 12

/** Finds keys in a sorted file of lines that is not loaded: an interpolation search, since hashes are spread evenly. */
export class SnapshotSearch {
  readonly #path: string
  readonly #window: LineWindow

  constructor(path: string, fd: number, lines: Range) {
    this.#path = path
    this.#window = new LineWindow(path, fd, lines)
  }

  /**
   * The first line of `lines` whose key is `key` or beyond; undefined where there is none.
   * @throws STORE_DAMAGED where a line that it came by is
   */
  seek(key: string, lines: Range): FoundLine | undefined {
    let { start, end } = lines
    let [low, high] = [0, 1]
    const goal = shareOf(key)
    let found: number | undefined
    for (let step = 0; start < end; step++) {
      const guess = step > PATIENCE && step % 2 === 0 ? 0.5 : (goal - low) / (high - low)
      const line = this.#lineAt(start + offsetIn(end - start, guess))
      if (line.key < key) {
        start = line.end + 1
        low = shareOf(line.key)
        continue
      }
      end = line.start
      high = shareOf(line.key)
      if (line.key === key) return line
      found = line.start
    }
    return found === undefined ? undefined : this.#lineAt(found)
  }

  #lineAt(at: number): FoundLine {
    const range = this.#window.around(at)
    const line = this.#window.read(range)
    const key = readSnapshotKey(line)
    if (key === undefined) throw snapshotDamaged(this.#path, range.start, 'the checksum of the record is wrong')
    return { ...range, key, line }
  }
}

/** How far among all hashes this one comes, from 0 to 1; not a number for other keys. */
function shareOf(key: string): number {
  return Number.parseInt(key.slice(0, DIGITS), 16) / 16 ** DIGITS
}

function offsetIn(length: number, share: number): number {
  const sane = share >= 0 && share <= 1 ? share : 0.5
  return Math.min(length - 1, Math.floor(length * sane))
}
