import { realpathSync } from 'node:fs'
import { AmsctlError } from '../domain/errors.ts'
import type { DaemonOperations } from '../services/daemon-operations.ts'

/** A daemon answers for its own recordings only: those of another directory must not be mistaken for them. */
export async function requireMediaDir(daemon: DaemonOperations, asked: string): Promise<void> {
  const { mediaDir } = await daemon.status()
  if (realPath(mediaDir) === realPath(asked)) return
  throw new AmsctlError('BAD_VALUE', `--media-dir: ${asked} is not that of the running daemon, which is ${mediaDir}`)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // It need not be there before the first recording.
    return path
  }
}
