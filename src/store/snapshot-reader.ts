import { storeDamaged } from './failure.ts'
import { readLines } from './line-reader.ts'
import type { Records, StoredRecord } from './records.ts'
import { refuseNewer } from './schema.ts'
import { readSnapshotHead, readSnapshotLine, SNAPSHOT_END, snapshotHead } from './snapshot-line.ts'

const CURE = 'Restore the data directory from a backup'

/** Loads the snapshot at `path` into `records` and returns its generation. */
export function readSnapshot(path: string, records: Records): number {
  const lines = readLines(path)
  try {
    const generation = readHead(path, lines.next().value)
    readBody(path, lines, records)
    return generation
  } finally {
    lines.return(undefined)
  }
}

function readHead(path: string, line: Buffer | undefined): number {
  const text = line?.toString() ?? ''
  const head = readSnapshotHead(text)
  if (head) refuseNewer(path, head.version)
  if (!head || text !== snapshotHead(head.generation)) {
    throw storeDamaged(path, 1, 'this is not the head of a snapshot', CURE)
  }
  return head.generation
}

function readBody(path: string, lines: Iterator<Buffer>, records: Records): void {
  let number = 1
  let lastKey = ''
  for (;;) {
    number++
    const line = lines.next().value
    if (!line) throw storeDamaged(path, number, 'the snapshot ends too soon', CURE)
    if (line.length === SNAPSHOT_END.length && line.toString() === SNAPSHOT_END) break
    const [key, record] = readEntry(path, number, line)
    if (key <= lastKey) throw storeDamaged(path, number, 'the record is out of order', CURE)
    lastKey = key
    records.load(key, record)
  }
  if (!lines.next().done) throw storeDamaged(path, number + 1, 'there is something after the end', CURE)
}

function readEntry(path: string, number: number, line: Buffer): [string, StoredRecord] {
  let entry: [string, StoredRecord] | undefined
  try {
    entry = readSnapshotLine(line)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw storeDamaged(path, number, 'this is no record that this version knows', CURE)
  }
  if (!entry) throw storeDamaged(path, number, 'the checksum of the record is wrong', CURE)
  return entry
}
