import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { amsctl, serve, temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { runLine } from '../support/run-command.ts'

describe('amsctl serve', () => {
  it('ends with exit 5 where a port is taken, naming port and flag, and leaves the store free', async () => {
    const dataDir = await temporaryDirectory()
    const taken = createServer().listen(0, '127.0.0.1')
    const port = await eventually(() => (taken.address() as { port: number } | null)?.port)
    const flags = ['serve', '--host', '127.0.0.1', '--rtmp-port', '0', '--http-port', String(port)]
    const { code, stderr } = await amsctl(flags, { dataDir })
    taken.close()
    expect(code).toBe(5)
    expect(stderr).toContain(String(port))
    expect(stderr).toContain('--http-port')
    expect((await runLine(['token', 'list'], dataDir)).code).toBe(0)
  })

  it('takes over from one that was killed', async () => {
    const daemon = await serve()
    const token = await daemon.mint('cam', 'play')
    await daemon.stop('SIGKILL')
    const next = await serve({ dataDir: daemon.dataDir })
    expect(await next.must(['token', 'verify', token, '--stream', 'cam', '--type', 'play'])).toBe('valid')
  })

  it('works in a folder whose path is too long for a socket', async () => {
    const dataDir = join(await temporaryDirectory(), 'x'.repeat(100), 'y'.repeat(100))
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const daemon = await serve({ dataDir })
    expect(JSON.parse(await daemon.must(['status', '--json'])).pid).toBe(daemon.child.pid)
  })
})
