import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import type { MediaHub } from '../../../src/media/ports.ts'
import { packetsOf, playing } from '../../support/ffmpeg.ts'
import { FlvReader, packetOf } from '../../support/flv.ts'
import { aHttpHouse } from '../../support/http-house.ts'
import { describeWith } from '../../support/programs.ts'

const run = promisify(execFile)

/** Publishes a minute that ffmpeg encodes, in real time, from within the process. */
async function publishClip(hub: MediaHub) {
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=44100']
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  const args = ['-v', 'error', ...input, '-t', '10', ...codecs, '-f', 'flv', '-']
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 })
  const flv = new FlvReader()
  flv.push(stdout)
  const publication = hub.claim('LiveApp', 'cam')
  publication?.start({ protocol: 'rtmp', address: '127.0.0.1' })
  const clip = { pushed: 0, end: () => publication?.end() }
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const push = async () => {
    const start = Date.now()
    const length = flv.tags.at(-1)?.dts ?? 0
    for (let round = 0; ; round++) {
      for (const tag of flv.tags) {
        const dts = tag.dts + round * length
        await sleep(Math.max(0, dts - 1000 - (Date.now() - start)))
        if (stop.signal.aborted) return
        publication?.push({ ...packetOf(tag), dts })
        clip.pushed++
      }
    }
  }
  void push()
  return clip
}

describeWith(['ffmpeg', 'ffprobe', 'curl'], 'real clients', () => {
  it('play H.264 and AAC over HTTP-FLV, and are told when they may not', async () => {
    const { hub, url, mint } = await aHttpHouse()
    const clip = await publishClip(hub)
    await expect.poll(() => hub.list()[0]?.audioCodec, { timeout: 10_000 }).toBe('AAC')
    const address = `${url}/LiveApp/streams/cam.flv`
    const seen = packetsOf(await playing(`${address}?token=${await mint()}`).outcome)
    expect(seen.video).toBeGreaterThan(20)
    expect(seen.audio).toBeGreaterThan(20)

    const wrong = await playing(`${address}?token=wrong`).outcome
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toContain('403 Forbidden')
    const none = await playing(address).outcome
    expect(none.stderr).toContain('401 Unauthorized')
    await expect(run('curl', ['-sf', `${address}?token=wrong`])).rejects.toMatchObject({ code: 22 })

    const path = `${address}?token=${await mint()}`
    const read = run('curl', ['-s', path], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 })
    await expect.poll(() => hub.list()[0]?.viewers).toBe(1)
    const before = clip.pushed
    await expect.poll(() => clip.pushed - before).toBeGreaterThan(100)
    clip.end()
    const { stdout } = await read
    const flv = new FlvReader()
    flv.push(stdout)
    expect(flv.tags.length).toBeGreaterThan(50)
  })
})
