import { basename } from 'node:path'
import { decodeLine, type JournalLine } from '../journal-line.ts'
import { readLines } from '../line-reader.ts'
import { addLoss, type Loss } from './loss.ts'
import type { SalvagedRecords } from './salvaged-records.ts'

/**
 * Reads what is sound of the journal at `path`. Wherever a line is lost, all that is known by then is in doubt; also at
 * the end, where it may be no more than torn: a torn tail and a damaged one look alike.
 */
export function salvageJournal(path: string, records: SalvagedRecords, losses: Loss[]): void {
  const file = basename(path)
  const order = new CommitOrder()
  let number = 0
  let byte = 0
  for (const bytes of readLines(path)) {
    number++
    const line = readLine(bytes)
    const doubt = order.judge(line, byte)
    if (doubt) addLoss(losses, { file, line: number, byte, bytes: line ? 0 : bytes.length + 1, what: doubt.what })
    if (doubt && !doubt.isOld) records.doubtAll()
    if (line) apply(line, records)
    if (doubt?.isOld) records.doubtAll()
    byte += bytes.length + 1
  }
}

interface Doubt {
  readonly what: string
  /** What the line itself says is in doubt as well. */
  readonly isOld: boolean
}

/** Commit numbers tell where in the journal a line was written: whether lines before it are missing, or it is a stray. */
class CommitOrder {
  #commit = 0
  /** How far from where they were written the lines are found, bytes before them having gone or come. */
  #shift = 0
  #afterLoss = false

  judge(line: JournalLine | undefined, byte: number): Doubt | undefined {
    if (!line) {
      this.#afterLoss = true
      return { what: 'the checksum is wrong', isOld: false }
    }
    const { commit } = line
    const goesOn = commit + this.#shift === byte || (commit === this.#commit && !this.#afterLoss)
    const isOld = commit < this.#commit || (commit === this.#commit && this.#afterLoss)
    const isMissing = !goesOn && !this.#afterLoss
    if (!isOld) {
      if (commit > this.#commit) this.#shift = byte - commit
      this.#commit = commit
      this.#afterLoss = false
    }
    if (isOld) return { what: 'this line was written earlier than those before it', isOld }
    return isMissing ? { what: 'lines before this one are missing', isOld } : undefined
  }
}

function apply(line: JournalLine, records: SalvagedRecords): void {
  for (const [key, record] of line.puts) records.put(key, record)
  for (const key of line.drops) records.drop(key)
}

function readLine(bytes: Buffer): JournalLine | undefined {
  try {
    return decodeLine(bytes)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
}
