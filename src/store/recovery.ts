import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { journalGeneration, journalName, SETTINGS_FILE, SNAPSHOT } from './data-directory.ts'
import { draftOf, replaceFile, syncDirectory } from './durable-file.ts'
import { CURE, pathOf, storeDamaged, storeFailed } from './failure.ts'
import { JournalFile } from './journal-file.ts'
import { replayJournal } from './journal-replay.ts'
import { Records } from './records.ts'
import { SnapshotFile } from './snapshot-file.ts'
import { EVERYTHING, writeSnapshot } from './snapshot-merge.ts'
import { sessionKey } from './stored-record.ts'

/** What a data directory held, and where to go on. */
export interface Recovered {
  readonly records: Records
  readonly journal: JournalFile
  readonly generations: Generations
}

/** The journals from the one that the snapshot needs to the one that is written. */
export interface Generations {
  readonly snapshot: number
  readonly current: number
  readonly snapshotBytes: number
  /** Bytes of the journals before the current one. */
  readonly bytesBefore: number
}

/**
 * Opens the store in `directory`, beginning one where there is none: the snapshot stays where it is, the journals are
 * replayed. What is read is judged before anything is changed:
 * a torn tail is cut off, and what a compaction left behind is removed.
 * @throws STORE_DAMAGED, STORE_NEWER, STORE_FAILED
 */
export async function recover(directory: string): Promise<Recovered> {
  try {
    if (isUnbegun(directory)) await begin(directory)
    return await load(directory)
  } catch (cause) {
    throw storeFailed('read', pathOf(cause) ?? directory, cause)
  }
}

/** Neither a snapshot nor anything that would need one. */
function isUnbegun(directory: string): boolean {
  const names = readdirSync(directory)
  if (names.includes(SNAPSHOT)) return false
  const journals = names.filter((name) => journalGeneration(name) !== undefined)
  const first = join(directory, journalName(0))
  if (journals.every((name) => join(directory, name) === first && statSync(first).size === 0)) return true
  throw storeDamaged(join(directory, SNAPSHOT), undefined, `missing, though there is ${journals[0]}`, CURE)
}

async function begin(directory: string): Promise<void> {
  const journal = await JournalFile.open(join(directory, journalName(0)))
  await journal.close()
  await syncDirectory(directory)
  await replaceFile(join(directory, SNAPSHOT), (file) => writeSnapshot(file, 0, new Records().view(), EVERYTHING))
}

async function load(directory: string): Promise<Recovered> {
  const snapshot = SnapshotFile.open(join(directory, SNAPSHOT))
  try {
    const records = new Records(snapshot)
    for (const session of await snapshot.sessions()) records.load(sessionKey(session.id), session)
    return await replayJournals(directory, snapshot, records)
  } catch (cause) {
    snapshot.close()
    throw cause
  }
}

async function replayJournals(directory: string, snapshot: SnapshotFile, records: Records): Promise<Recovered> {
  const { generation } = snapshot
  const found = readdirSync(directory).flatMap((name) => journalGeneration(name) ?? [])
  const paths = journalPaths(directory, generation, Math.max(generation, ...found))
  const lastWritten = paths.findLast((path) => statSync(path).size > 0)
  const soundLengths = paths.map((path) => replayJournal(path, records, path === lastWritten))

  for (const [index, path] of paths.entries()) await settle(path, soundLengths[index] ?? 0)
  tidy(directory, generation, found)
  const current = generation + paths.length - 1
  return {
    records,
    journal: await JournalFile.open(join(directory, journalName(current))),
    generations: {
      snapshot: generation,
      current,
      snapshotBytes: snapshot.size,
      bytesBefore: soundLengths.slice(0, -1).reduce((sum, length) => sum + length, 0),
    },
  }
}

/** The journals from generation `first` to `last`, none of which may be missing. */
function journalPaths(directory: string, first: number, last: number): string[] {
  const paths: string[] = []
  for (let generation = first; generation <= last; generation++) {
    const path = join(directory, journalName(generation))
    if (!existsSync(path)) throw storeDamaged(path, undefined, 'missing', CURE)
    paths.push(path)
  }
  return paths
}

/** Cuts a torn tail off, and makes sure that what was replayed, and is acted upon from now on, is on the disk. */
async function settle(path: string, soundLength: number): Promise<void> {
  const journal = await JournalFile.open(path)
  try {
    if (journal.length > soundLength) await journal.truncate(soundLength)
    else if (soundLength > 0) await journal.sync()
  } finally {
    await journal.close()
  }
}

/** Removes what a compaction, or a write of the settings, left behind when its process ended. */
function tidy(directory: string, snapshot: number, found: readonly number[]): void {
  for (const generation of found) {
    if (generation < snapshot) rmSync(join(directory, journalName(generation)))
  }
  for (const name of [SNAPSHOT, SETTINGS_FILE]) rmSync(draftOf(join(directory, name)), { force: true })
}
