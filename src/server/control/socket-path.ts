import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
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
  return join(privateFolder(`amsctl-${name}`), 'control.sock')
}

function privateFolder(name: string): string {
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), name)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return folder
  throw new AmsctlError('STORE_UNSAFE', `${folder} is not ours alone; remove it, or use a shorter --data-dir`)
}
