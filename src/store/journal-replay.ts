import { readFileSync } from 'node:fs'
import { CURE, storeDamaged } from './failure.ts'
import { decodeLine, findLaterLine, type JournalLine } from './journal-line.ts'
import type { Records } from './records.ts'

const NEWLINE = 10

/**
 * Replays the journal at `path` into `records` and returns how many of its bytes are sound.
 *
 * A group that was not synced when the power went may miss any of its pages. So from the first bad line on, all is torn
 * off as long as it belongs to one group: nothing after it may have a commit number beyond its start.
 * @param mayBeTorn false where a later journal shows that this one had been synced to its end
 * @throws STORE_DAMAGED
 */
export function replayJournal(path: string, records: Records, mayBeTorn: boolean): number {
  const journal = readFileSync(path)
  let start = 0
  let commit = 0
  for (let number = 1; start < journal.length; number++) {
    const end = journal.indexOf(NEWLINE, start)
    const line = end === -1 ? undefined : readLine(path, number, journal.subarray(start, end))
    if (!line) {
      if (!mayBeTorn || findLaterLine(journal, start, start) !== undefined) {
        throw damagedAt(path, number, 'the checksum is wrong')
      }
      break
    }
    if (line.commit !== commit && line.commit !== start) throw damagedAt(path, number, 'the commit is out of order')
    commit = line.commit
    for (const [key, record] of line.puts) records.load(key, record)
    for (const key of line.drops) records.load(key, undefined)
    start = end + 1
  }
  return start
}

function readLine(path: string, number: number, line: Buffer): JournalLine | undefined {
  try {
    return decodeLine(line)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw damagedAt(path, number, 'this is no commit that this version knows')
  }
}

function damagedAt(path: string, number: number, what: string): Error {
  return storeDamaged(path, number, what, CURE)
}
