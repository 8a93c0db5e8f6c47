import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import { draftOf, syncDirectory } from './durable-file.ts'
import { errorCodeOf, storeFailed } from './failure.ts'

/**
 * Makes the directory `path`, which is for its owner only: it appears when `fill` has filled it, whole and on the disk.
 * @throws BAD_VALUE where `path` is there already and not empty, STORE_FAILED
 */
export async function makeDirectoryWhole(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const draft = draftOf(path)
  try {
    await mkdir(draft, { mode: 0o700 })
  } catch (cause) {
    throw errorCodeOf(cause) === 'EEXIST' ? isThere(draft) : storeFailed('make', draft, cause)
  }
  try {
    await fill(draft)
    await syncDirectory(draft)
    await putInPlace(draft, path)
  } catch (cause) {
    await rm(draft, { recursive: true, force: true })
    throw cause
  }
}

/** The system renames a directory over none but an empty one. */
async function putInPlace(draft: string, path: string): Promise<void> {
  try {
    await rename(draft, path)
  } catch (cause) {
    const taken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(errorCodeOf(cause) ?? '')
    throw taken ? isThere(path) : storeFailed('make', path, cause)
  }
  await syncDirectory(dirname(path))
}

function isThere(path: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', `${path} is there already; name a directory that is not`)
}
