import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AmsctlError } from '../domain/errors.ts'
import { storeFailed } from './failure.ts'

const OURS_ALONE = 0o700
const GROUP_AND_OTHERS = 0o077

/** The names of what the store keeps in its directory. */
export const SNAPSHOT = 'tokens.json'
export const SETTINGS_FILE = 'settings.json'
export const LOCK = 'lock'

export function journalName(generation: number): string {
  return `tokens.journal-${generation}.ndjson`
}

/** The generation of a journal's file name; undefined for other files. */
export function journalGeneration(name: string): number | undefined {
  const digits = /^tokens\.journal-(\d{1,15})\.ndjson$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Creates the data directory where there is none, and makes sure that nobody else may enter it.
 * @throws STORE_UNSAFE with the command that cures it
 */
export async function prepareDataDirectory(path: string): Promise<void> {
  try {
    await makeDirectory(path)
    await refuseStrangers(path)
  } catch (cause) {
    throw storeFailed('use the data directory', path, cause)
  }
}

/** Like `mkdir -p`. Node's own recursive mkdir never returns where the kernel makes no directories, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: OURS_ALONE })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    await mkdir(path, { mode: OURS_ALONE }).catch((again: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (again.code !== 'EEXIST') throw again
    })
  }
}

async function refuseStrangers(path: string): Promise<void> {
  const us = process.getuid?.()
  // Without user ids, as on Windows, a mode says nothing about who may enter.
  if (us === undefined) return
  const found = await stat(path)
  if (!found.isDirectory()) throw new AmsctlError('STORE_FAILED', `${path} is not a directory`)
  const { mode, uid } = found
  if (uid !== us && us !== 0) {
    throw new AmsctlError('STORE_UNSAFE', `${path} belongs to another user (uid ${uid}); use a directory of your own`)
  }
  if ((mode & GROUP_AND_OTHERS) === 0) return
  if (uid === us && (await readdir(path)).length === 0) return chmod(path, OURS_ALONE)
  const octal = (mode & 0o777).toString(8)
  throw new AmsctlError(
    'STORE_UNSAFE',
    `others may enter the data directory (mode ${octal}); type: chmod 700 ${quoted(path)}`,
  )
}

function quoted(path: string): string {
  return /^[\w./+@%:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
