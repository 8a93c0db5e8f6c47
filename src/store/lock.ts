import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { tryLock } from 'fs-native-extensions'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import { LOCK } from './data-directory.ts'
import { errorCodeOf, storeFailed } from './failure.ts'

/** There is no lock file, or it is a copy that may only be read. */
const UNLOCKED = ['ENOENT', 'EACCES', 'EROFS', 'EPERM']
const RETRY: Milliseconds = 20

/** Holds the data directory for this process; the kernel lets go of it when the process ends, however it ends. */
export interface Lock {
  release(): Promise<void>
}

/** Takes the lock `name` of `directory`, waiting for another holder for at most `wait`; STORE_LOCKED names the holder. */
export async function acquireLock(directory: string, wait: Milliseconds, name = LOCK): Promise<Lock> {
  const deadline = performance.now() + wait
  for (;;) {
    const lock = await tryAcquireLock(join(directory, name))
    if (lock) return lock
    if (performance.now() >= deadline) throw await storeLocked(directory, name)
    await delay(RETRY)
  }
}

async function tryAcquireLock(path: string): Promise<Lock | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    if (!tryLock(file.fd)) {
      await file.close()
      return undefined
    }
    await writePid(file)
    return lockOn(file)
  } catch (cause) {
    await file?.close()
    throw storeFailed('lock', path, cause)
  }
}

/**
 * Takes the lock of `directory` without changing a byte of it; undefined where nobody has ever locked it, or where it
 * cannot be written, so that nobody else can change it either.
 * @throws STORE_LOCKED
 */
export async function holdAsFound(directory: string): Promise<Lock | undefined> {
  const path = join(directory, LOCK)
  let file: FileHandle
  try {
    file = await open(path, 'r+')
  } catch (cause) {
    if (UNLOCKED.includes(errorCodeOf(cause) ?? '')) return undefined
    throw storeFailed('lock', path, cause)
  }
  if (tryLock(file.fd)) return lockOn(file)
  await file.close()
  throw await storeLocked(directory)
}

/** The pid is for people; what holds the lock is the open file. */
async function writePid(file: FileHandle): Promise<void> {
  const pid = `${process.pid}\n`
  await file.write(pid, 0)
  await file.truncate(pid.length)
}

function lockOn(file: FileHandle): Lock {
  return { release: () => file.close() }
}

async function holderOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
      const pid = buffer.toString('latin1', 0, bytesRead).trim()
      return /^\d+$/.test(pid) ? `process ${pid}` : 'another process'
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw storeFailed('read', path, cause)
  }
}

/** Says who holds the store of `directory`. */
export async function storeLocked(directory: string, name = LOCK): Promise<AmsctlError> {
  const holder = await holderOf(join(directory, name))
  return new AmsctlError('STORE_LOCKED', `${holder} holds the store in ${directory}; wait for it to end, or stop it`)
}
