import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { StreamView } from '../../src/services/daemon-operations.ts'
import { amsctl, temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { packetsOf, playing, publishing } from '../support/ffmpeg.ts'
import { freePort } from '../support/ports.ts'
import { describeWith } from '../support/programs.ts'

const SCRIPT = join(import.meta.dirname, '../../docs/two-nodes.sh')

describeWith(['redis-server', 'ffmpeg'], 'docs/two-nodes.sh', () => {
  it('starts two nodes: minted at one, spent at the other, used at both, seen from both', async () => {
    const directory = await temporaryDirectory()
    const [redis, httpOfNorth, rtmpOfNorth, httpOfSouth, rtmpOfSouth] = await Promise.all(
      Array.from({ length: 5 }, () => freePort()),
    )
    const script = spawn(SCRIPT, [directory], {
      env: {
        ...process.env,
        REDIS_PORT: String(redis),
        NORTH: `${httpOfNorth}/${rtmpOfNorth}/0`,
        SOUTH: `${httpOfSouth}/${rtmpOfSouth}/0`,
      },
    })
    onTestFinished(async () => {
      script.kill('SIGTERM')
      if (script.exitCode === null) await once(script, 'exit')
    })
    let told = ''
    for (const output of [script.stdout, script.stderr]) output.on('data', (text) => (told += text))
    await eventually(() => (told.includes('are up') ? true : undefined), 90_000)

    const env = {
      AMSCTL_STORE: `redis://127.0.0.1:${redis}/0`,
      AMSCTL_STORE_PASSWORD_FILE: join(directory, 'store.password'),
    }
    const at = (node: string, ...args: string[]) => amsctl(args, { dataDir: join(directory, node), env })
    const mint = async (type: string) => (await at('north', 'token', 'create', 'cam', '--type', type)).stdout.trim()
    expect((await at('north', 'settings', 'enable-token')).code).toBe(0)
    publishing(`rtmp://127.0.0.1:${rtmpOfSouth}/LiveApp/cam?token=${await mint('publish')}`)
    const [stream] = await eventually(async () => {
      const streams: StreamView[] = JSON.parse((await at('north', 'stream', 'list', '--json')).stdout)
      return streams.length > 0 ? streams : undefined
    })
    expect(stream).toMatchObject({ streamId: 'cam', node: 'south' })

    const play = await mint('play')
    const url = (port: number | undefined) => `http://127.0.0.1:${port}/LiveApp/streams/cam.flv?token=${play}`
    expect(packetsOf(await playing(url(httpOfSouth)).outcome).video).toBeGreaterThan(20)
    for (const port of [httpOfNorth, httpOfSouth]) expect((await fetch(url(port))).status).toBe(403)
  })
})
