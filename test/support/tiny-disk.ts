import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './amsctl.ts'

/** A disk of its own, of `size`, as only root can have one. */
export async function tinyDisk(size: string): Promise<string> {
  const path = await temporaryDirectory()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path])
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`)
  onTestFinished(() => void spawnSync('umount', ['-l', path]))
  return path
}
