import type { FileHandle } from 'node:fs/promises'
import { type Records, type StoredRecord, sessionIdOf, sessionKey } from './records.ts'
import { SNAPSHOT_END, snapshotHead, snapshotLine } from './snapshot-line.ts'
import { TimeSlice } from './time-slice.ts'

/** Written at once when this much has come together. */
const CHUNK = 1 << 18
/** Keys are sorted within groups of a common prefix of this length, so that no sort is long. */
const TOKEN_PREFIX = 3
const SESSION_PREFIX = 7

/**
 * Writes all `records` that are to be kept, sorted by key, in many turns of the event loop. What changes meanwhile is
 * written as it was or as it is: the journal begun before the first turn has it too.
 */
export async function writeSnapshot(
  file: FileHandle,
  generation: number,
  records: Records,
  keep: (record: StoredRecord) => boolean = () => true,
): Promise<void> {
  const slice = new TimeSlice()
  let text = snapshotHead(generation)
  let separator = '\n'
  for (const group of await sortableGroups(records, slice)) {
    for (const key of group.sort()) {
      const record = records.recordAt(key)
      if (!record || !keep(record)) continue
      text += separator + snapshotLine(key, record)
      separator = ',\n'
      if (text.length > CHUNK) {
        await file.writeFile(text)
        text = ''
      }
      if (slice.isOver()) await slice.next()
    }
  }
  await file.writeFile(`${text}\n${SNAPSHOT_END}\n`)
}

/** All keys by their first characters, the groups in order and each yet to be sorted. */
async function sortableGroups(records: Records, slice: TimeSlice): Promise<string[][]> {
  const groups = new Map<string, string[]>()
  for (const key of keysOf(records)) {
    const prefix = key.slice(0, sessionIdOf(key) === undefined ? TOKEN_PREFIX : SESSION_PREFIX)
    const group = groups.get(prefix)
    if (group) group.push(key)
    else groups.set(prefix, [key])
    if (slice.isOver()) await slice.next()
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, keys]) => keys)
}

function* keysOf(records: Records): Generator<string> {
  yield* records.tokens.keys()
  for (const id of records.sessions.keys()) yield sessionKey(id)
}
