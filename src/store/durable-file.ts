import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { storeFailed } from './failure.ts'

const PRIVATE = 0o600

/**
 * Replaces the file at `path`, all or nothing and durably: written beside it, synced, renamed over it.
 * @param beforeRename is the last moment to think better of it, by throwing
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  beforeRename: () => Promise<void> = async () => undefined,
): Promise<void> {
  const draft = draftOf(path)
  try {
    await writeAndSync(draft, write)
    await beforeRename()
    await rename(draft, path)
  } catch (cause) {
    // What failed first is what counts; a draft that stays is overwritten by the next one.
    await rm(draft, { force: true }).catch(() => undefined)
    throw storeFailed('write', path, cause)
  }
  await syncDirectory(dirname(path))
}

/** Where a file is written before it takes the name `path`. */
export function draftOf(path: string): string {
  return `${path}.tmp`
}

/** Makes names that were created, renamed or removed in `path` durable. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    await directory.sync().finally(() => directory.close())
  } catch (cause) {
    throw storeFailed('sync', path, cause)
  }
}

export async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r')
    await file.sync().finally(() => file.close())
  } catch (cause) {
    throw storeFailed('sync', path, cause)
  }
}

async function writeAndSync(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w', PRIVATE)
  try {
    await write(file)
    await file.sync()
  } finally {
    await file.close()
  }
}
