import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import { journalName, SETTINGS_FILE, SNAPSHOT } from './data-directory.ts'
import { replaceFile, syncFile } from './durable-file.ts'
import { errorCodeOf, storeFailed } from './failure.ts'
import type { Journal } from './journal.ts'
import { JournalFile } from './journal-file.ts'
import { makeDirectoryWhole } from './new-directory.ts'
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
  await makeDirectoryWhole(target, async (draft) => {
    const { failures } = journal
    const view = records.view()
    // A compaction that ends before the first line is read would close it.
    view.snapshot?.hold()
    const settle = async () => {
      await journal.commit([])
      if (journal.failures !== failures) throw new AmsctlError('STORE_FAILED', 'the backup saw what was undone')
    }
    try {
      await replaceFile(join(draft, SNAPSHOT), (file) => writeSnapshot(file, 0, view, EVERYTHING), settle)
    } finally {
      view.snapshot?.close()
    }
    await copySettings(directory, draft)
    await (await JournalFile.open(join(draft, journalName(0)))).close()
  })
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
