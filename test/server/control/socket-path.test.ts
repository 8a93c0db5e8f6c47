import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { controlSocketPath } from '../../../src/server/control/socket-path.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

async function aLongDataDirectory(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'd'.repeat(200))
  await mkdir(directory)
  return directory
}

describe('the control socket of a data directory', () => {
  it('lies in it', async () => {
    const directory = await temporaryDirectory()
    expect(controlSocketPath(directory)).toBe(join(directory, 'control.sock'))
  })

  it('whose path is too long lies in a folder of its own under XDG_RUNTIME_DIR', async () => {
    const runtime = await temporaryDirectory()
    vi.stubEnv('XDG_RUNTIME_DIR', runtime)
    const path = controlSocketPath(await aLongDataDirectory())
    expect(path.startsWith(join(runtime, 'amsctl-'))).toBe(true)
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(100)
  })

  it('whose path is too long lies under the temp directory where that variable is empty', async () => {
    const temp = await temporaryDirectory()
    vi.stubEnv('XDG_RUNTIME_DIR', '')
    vi.stubEnv('TMPDIR', temp)
    expect(controlSocketPath(await aLongDataDirectory()).startsWith(join(temp, 'amsctl-'))).toBe(true)
  })

  it('is refused where there is no place for it', async () => {
    const runtime = await temporaryDirectory()
    const directory = await aLongDataDirectory()
    await writeFile(join(runtime, 'file'), '')
    const refused = { code: 'STORE_FAILED', message: expect.stringContaining('XDG_RUNTIME_DIR') }
    for (const place of [join(runtime, 'file'), join(runtime, 'missing'), '/proc/missing']) {
      vi.stubEnv('XDG_RUNTIME_DIR', place)
      expect(() => controlSocketPath(directory)).toThrow(expect.objectContaining(refused))
    }
    await mkdir(join(runtime, 'r'.repeat(90)))
    vi.stubEnv('XDG_RUNTIME_DIR', join(runtime, 'r'.repeat(90)))
    expect(() => controlSocketPath(directory)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
  })

  it('is refused where others may enter its folder', async () => {
    const runtime = await temporaryDirectory()
    const directory = await aLongDataDirectory()
    vi.stubEnv('XDG_RUNTIME_DIR', runtime)
    await chmod(join(controlSocketPath(directory), '..'), 0o755)
    expect(() => controlSocketPath(directory)).toThrow(expect.objectContaining({ code: 'STORE_UNSAFE' }))
  })
})
