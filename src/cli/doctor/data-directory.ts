import { access, constants, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Check, named, reasonOf } from './check.ts'

const GROUP_AND_OTHERS = 0o077
const result = named('data-directory', 'store')

/** Whether the data directory is ours alone and can be written. Changes nothing: opening the store would repair some. */
export async function checkDataDirectory(path: string): Promise<Check> {
  try {
    const found = await stat(path)
    if (!found.isDirectory()) return result('fail', `${path} is not a directory`)
    const us = process.getuid?.()
    if (us !== undefined && us !== 0 && found.uid !== us) {
      return result('fail', `${path} belongs to another user (uid ${found.uid})`)
    }
    if (us !== undefined && (found.mode & GROUP_AND_OTHERS) !== 0) {
      // An empty one of ours is closed to others when the store is made in it.
      if (found.uid === us && (await readdir(path)).length === 0) {
        return result('warn', `others may enter ${path}, which is empty; the first command closes it to them`)
      }
      return result('fail', `others may enter ${path} (mode ${(found.mode & 0o777).toString(8)}); chmod it to 700`)
    }
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return result('ok', `${path} can be written, and by its owner only`)
  } catch (error) {
    if (isMissing(error)) return checkAncestor(path)
    return result('fail', reasonOf(error))
  }
}

/** A directory that is not there yet is made by the first command that needs it. */
async function checkAncestor(path: string): Promise<Check> {
  for (let above = dirname(path); ; above = dirname(above)) {
    try {
      await access(above, constants.W_OK | constants.X_OK)
      return result('ok', `${path} does not exist yet and can be made`)
    } catch (error) {
      if (!isMissing(error) || dirname(above) === above) return result('fail', reasonOf(error))
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
