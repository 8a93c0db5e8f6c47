import { getSystemErrorMap } from 'node:util'
import { AmsctlError } from '../domain/errors.ts'

/** The failure of a file operation in words: what was tried, on which path, and the system's reason. */
export function storeFailed(action: string, path: string, cause: unknown): AmsctlError {
  if (cause instanceof AmsctlError) return cause
  return new AmsctlError('STORE_FAILED', `cannot ${action} ${path}: ${reasonOf(cause)}`, { cause })
}

/** What helps against damage. To cut the bad part off by hand would make tokens good again that were spent in it. */
export const CURE = 'Salvage what is left with amsctl doctor --repair NEWDIR, or restore a backup'

export function storeDamaged(path: string, line: number | undefined, what: string, cure: string): AmsctlError {
  const where = line === undefined ? path : `${path}, line ${line}`
  return new AmsctlError('STORE_DAMAGED', `${where}: ${what}; nothing was changed. ${cure}`)
}

/** Damage of the snapshot, which is not read in order: where it is, in bytes from the start. */
export function snapshotDamaged(path: string, byte: number, what: string): AmsctlError {
  return storeDamaged(`${path}, byte ${byte}`, undefined, what, CURE)
}

/** The system's name for what went wrong, such as `ENOENT`. */
export function errorCodeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

/** The path that a file operation failed on, where the system tells. */
export function pathOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'path' in cause && typeof cause.path === 'string' ? cause.path : undefined
}

/** Whether a write failed for want of room, which leaves what is on the disk as it was. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCodeOf(error instanceof AmsctlError ? error.cause : error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const known = 'errno' in cause && typeof cause.errno === 'number' ? getSystemErrorMap().get(cause.errno) : undefined
  return known ? `${known[1]} (${known[0]})` : cause.message
}
