import { basename } from 'node:path'
import { readLines } from '../line-reader.ts'
import { refuseNewer } from '../schema.ts'
import { readSnapshotHead, readSnapshotLine, SNAPSHOT_END, type SnapshotHead } from '../snapshot-line.ts'
import type { StoredRecord } from '../stored-record.ts'
import { addLoss, type Loss } from './loss.ts'
import type { SalvagedRecords } from './salvaged-records.ts'

/**
 * Reads what is sound of the snapshot at `path`. A lost line makes nothing else doubtful: each key has one, and all are
 * of one moment. Returns the head; undefined where it is lost.
 * @throws STORE_NEWER
 */
export function salvageSnapshot(path: string, records: SalvagedRecords, losses: Loss[]): SnapshotHead | undefined {
  const file = basename(path)
  const keys = new KeyOrder(records)
  let head: SnapshotHead | undefined
  let last = ''
  let number = 0
  let byte = 0
  for (const line of readLines(path)) {
    number++
    last = line.toString('latin1')
    if (number === 1) head = readSnapshotHead(last)
    const isBorder = number === 1 ? head !== undefined : last === SNAPSHOT_END
    const what = isBorder ? undefined : keys.judge(readEntry(line))
    if (what) addLoss(losses, { file, line: number, byte, bytes: line.length + 1, what })
    byte += line.length + 1
  }
  if (head) refuseNewer(path, head.version)
  if (last !== SNAPSHOT_END) addLoss(losses, { file, line: number, byte, bytes: 0, what: 'the end is missing' })
  return head
}

/** Takes in records, which stand in the order of their keys. */
class KeyOrder {
  readonly #records: SalvagedRecords
  #last = ''

  constructor(records: SalvagedRecords) {
    this.#records = records
  }

  /** What is wrong with the line, if anything is. */
  judge(entry: [string, StoredRecord] | undefined): string | undefined {
    if (!entry) return 'the checksum is wrong'
    const [key, record] = entry
    this.#records.put(key, record)
    if (key > this.#last) {
      this.#last = key
      return undefined
    }
    this.#records.doubt(key)
    return 'the record is out of order'
  }
}

function readEntry(line: Buffer): [string, StoredRecord] | undefined {
  try {
    return readSnapshotLine(line)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
}
