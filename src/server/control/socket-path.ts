import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AmsctlError } from '../../domain/errors.ts'

/** The kernel cuts longer paths silently (sun_path has 104 to 108 bytes), and the socket would land elsewhere. */
const LONGEST_PATH = 100

/** Where the daemon of `dataDir` listens: beside the store, or in a private folder where that path is too long. */
export function controlSocketPath(dataDir: string): string {
  const real = realpathSync(dataDir)
  const beside = join(real, 'control.sock')
  if (Buffer.byteLength(beside) <= LONGEST_PATH) return beside
  const name = createHash('sha256').update(real).digest('hex').slice(0, 16)
  const path = join(privateFolder(`amsctl-${name}`), 'control.sock')
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path
  throw new AmsctlError('STORE_FAILED', `${path} is too long for a socket; use a shorter --data-dir`)
}

function privateFolder(name: string): string {
  // Set to nothing is not set (XDG Base Directory Specification).
  const folder = join(process.env.XDG_RUNTIME_DIR || tmpdir(), name)
  try {
    // Not its parents: where those cannot be made, as in /proc, Node would try for ever.
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    if (existsSync(folder)) return privateFolder(name)
    const reason = cause instanceof Error ? cause.message : String(cause)
    const cure = 'set XDG_RUNTIME_DIR to a directory of your own, or use a shorter --data-dir'
    throw new AmsctlError('STORE_FAILED', `no place for the control socket: ${reason}; ${cure}`, { cause })
  }
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return folder
  throw new AmsctlError('STORE_UNSAFE', `${folder} is not ours alone; remove it, or use a shorter --data-dir`)
}
