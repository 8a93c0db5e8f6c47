import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import { MediaLibrary } from '../media/recording/library.ts'
import { acquireLock, type Lock } from '../store/lock.ts'
import { RecordingIndexFile } from '../store/recording-index.ts'
import { systemClock } from './services.ts'

const PATIENCE: Milliseconds = 5000
/** Not the name of the store's: both may be in one directory. */
const LOCK = 'index.lock'

export interface OpenedLibrary {
  readonly library: MediaLibrary
  close(): Promise<void>
}

/**
 * Opens the media directory and holds it until closed, for two who write its index would lose each other's lines.
 * Creates nothing unless asked to. STORE_LOCKED.
 */
export async function openLibrary(directory: string, { create = false } = {}): Promise<OpenedLibrary> {
  if (create) await mkdir(directory, { recursive: true, mode: 0o700 }).catch(toldByRecording)
  const lock = existsSync(directory) ? await lockUnlessReadOnly(directory) : undefined
  try {
    const index = await RecordingIndexFile.open(directory)
    return {
      library: new MediaLibrary({ directory, index, now: systemClock.now }),
      close: async () => {
        await index.close()
        await lock?.release()
      },
    }
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** Films may be served from a disk that nothing can be recorded on. */
async function lockUnlessReadOnly(directory: string): Promise<Lock | undefined> {
  try {
    return await acquireLock(directory, PATIENCE, LOCK)
  } catch (error) {
    if (error instanceof AmsctlError && error.code === 'STORE_FAILED') return undefined
    throw error
  }
}

/** Whoever records there hears of it. */
function toldByRecording(): void {}
