import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import { journalName, SETTINGS_FILE, SNAPSHOT } from './data-directory.ts'
import { draftOf, replaceFile, syncDirectory, syncFile } from './durable-file.ts'
import { errorCodeOf, storeFailed } from './failure.ts'
import type { Journal } from './journal.ts'
import { JournalFile } from './journal-file.ts'
import type { Records } from './records.ts'
import { EVERYTHING, writeSnapshot } from './snapshot-merge.ts'

export interface BackUpParts {
  /** The data directory. */
  readonly directory: string
  readonly records: Records
  readonly journal: Journal
}

/**
 * Makes `target` a data directory with all that is stored at this moment, while the store goes on: settings, tokens and
 * sessions, as hashes. It appears when it is whole and on the disk.
 * @throws BAD_VALUE where `target` is there already, STORE_FAILED
 */
export async function backUp({ directory, records, journal }: BackUpParts, target: string): Promise<void> {
  const draft = draftOf(target)
  try {
    await mkdir(draft, { mode: 0o700 })
  } catch (cause) {
    throw errorCodeOf(cause) === 'EEXIST' ? isThere(draft) : storeFailed('make', draft, cause)
  }
  try {
    const { failures } = journal
    const view = records.view()
    await replaceFile(
      join(draft, SNAPSHOT),
      (file) => writeSnapshot(file, 0, view, EVERYTHING),
      async () => {
        await journal.commit([])
        if (journal.failures !== failures) throw new AmsctlError('STORE_FAILED', 'the backup saw what was undone')
      },
    )
    await copySettings(directory, draft)
    await (await JournalFile.open(join(draft, journalName(0)))).close()
    await syncDirectory(draft)
    await putInPlace(draft, target)
  } catch (cause) {
    await rm(draft, { recursive: true, force: true })
    throw cause
  }
}

async function copySettings(directory: string, draft: string): Promise<void> {
  const path = join(draft, SETTINGS_FILE)
  try {
    await copyFile(join(directory, SETTINGS_FILE), path)
  } catch (cause) {
    // Nothing was ever set.
    if (errorCodeOf(cause) === 'ENOENT') return
    throw storeFailed('write', path, cause)
  }
  await syncFile(path)
}

/** The system renames a directory over none but an empty one. */
async function putInPlace(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target)
  } catch (cause) {
    const taken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(errorCodeOf(cause) ?? '')
    throw taken ? isThere(target) : storeFailed('make', target, cause)
  }
  await syncDirectory(dirname(target))
}

function isThere(path: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', `${path} is there already; name a directory that is not`)
}
