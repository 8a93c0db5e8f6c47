import { existsSync, readdirSync } from 'node:fs'
import { chmod, copyFile, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { AmsctlError } from '../../domain/errors.ts'
import type { UnixSeconds } from '../../domain/units.ts'
import { journalGeneration, journalName, SETTINGS_FILE, SNAPSHOT } from '../data-directory.ts'
import { replaceFile, syncFile } from '../durable-file.ts'
import { pathOf, storeFailed } from '../failure.ts'
import { JournalFile } from '../journal-file.ts'
import { holdAsFound } from '../lock.ts'
import { makeDirectoryWhole } from '../new-directory.ts'
import { EVERYTHING, writeSnapshot } from '../snapshot-merge.ts'
import { addLoss, type Loss } from './loss.ts'
import { salvageJournal } from './salvage-journal.ts'
import { salvageSettings } from './salvage-settings.ts'
import { salvageSnapshot } from './salvage-snapshot.ts'
import { SalvagedRecords } from './salvaged-records.ts'
import { readWitness } from './witness.ts'

export interface Salvage {
  /** The new data directory. */
  readonly directory: string
  /** Tokens that are in it, whatever their state. */
  readonly tokens: number
  /** Of these, the ones that were revoked, since a use or revocation of them may be in what was lost. */
  readonly barred: number
  readonly sessions: number
  /** False: they were lost, and token control is on. */
  readonly settingsKept: boolean
  readonly losses: readonly Loss[]
}

const AUDIT = /^audit\.ndjson(\.\d)?$/

/**
 * Makes `target` a sound data directory with all that can be read of the damaged one, which stays as it is to the byte.
 * No token that was spent or revoked opens anything again.
 * @throws STORE_LOCKED where a process holds the store, BAD_VALUE where `target` is there already or there is no store,
 * STORE_NEWER, STORE_FAILED
 */
export async function salvage(dataDir: string, target: string, now: UnixSeconds): Promise<Salvage> {
  const names = namesIn(dataDir)
  await refuseWithin(dataDir, target)
  const lock = await holdAsFound(dataDir)
  try {
    const losses: Loss[] = []
    const found = readRecords(dataDir, names, losses)
    const { records, ...counts } = found.settle(now, await readWitness(dataDir))
    await makeDirectoryWhole(target, async (draft) => {
      await replaceFile(join(draft, SNAPSHOT), (file) => writeSnapshot(file, 0, records.view(), EVERYTHING))
      await (await JournalFile.open(join(draft, journalName(0)))).close()
      await salvageSettings(dataDir, draft, losses)
      for (const name of names.filter((name) => AUDIT.test(name))) await copy(join(dataDir, name), join(draft, name))
    })
    return { directory: target, ...counts, settingsKept: !losses.some(({ file }) => file === SETTINGS_FILE), losses }
  } catch (cause) {
    throw storeFailed('read', pathOf(cause) ?? dataDir, cause)
  } finally {
    await lock?.release()
  }
}

function readRecords(dataDir: string, names: readonly string[], losses: Loss[]): SalvagedRecords {
  const records = new SalvagedRecords()
  const missing = (file: string) => addLoss(losses, { file, line: null, byte: 0, bytes: 0, what: 'missing' })
  const path = join(dataDir, SNAPSHOT)
  if (!existsSync(path)) missing(SNAPSHOT)
  const head = existsSync(path) ? salvageSnapshot(path, records, losses) : undefined
  const found = names.flatMap((name) => journalGeneration(name) ?? []).sort((a, b) => a - b)
  // Without a sure generation, journals that the snapshot has in it already are replayed again, which changes nothing.
  const journals = head?.isChecked ? found.filter((generation) => generation >= head.generation) : found
  // Unless one is missing before the first of them, which could not be seen.
  if (!head) records.doubtAll()
  let expected = head?.isChecked ? head.generation : Math.min(head?.generation ?? Infinity, journals[0] ?? Infinity)
  if (journals.length === 0) {
    missing(journalName(head?.generation ?? 0))
    records.doubtAll()
  }
  for (const generation of journals) {
    if (generation !== expected) {
      missing(journalName(expected))
      records.doubtAll()
    }
    salvageJournal(join(dataDir, journalName(generation)), records, losses)
    expected = generation + 1
  }
  return records
}

function namesIn(dataDir: string): string[] {
  try {
    const names = readdirSync(dataDir)
    if (names.some((name) => name === SNAPSHOT || name === SETTINGS_FILE || journalGeneration(name) !== undefined)) {
      return names
    }
  } catch (cause) {
    throw storeFailed('read', dataDir, cause)
  }
  throw new AmsctlError('BAD_VALUE', `there is no store in ${dataDir}`)
}

/** A copy within the original would change it. */
async function refuseWithin(dataDir: string, target: string): Promise<void> {
  const parent = await realpath(dirname(resolve(target))).catch(() => dirname(resolve(target)))
  const way = relative(await realpath(dataDir), parent)
  if (way !== '' && (way.startsWith('..') || isAbsolute(way))) return
  throw new AmsctlError('BAD_VALUE', `${target} is within the damaged data directory; name one elsewhere`)
}

async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  await chmod(to, 0o600)
  await syncFile(to)
}
