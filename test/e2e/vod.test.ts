import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { aBrowser } from '../support/browser.ts'
import { spawned } from '../support/clients.ts'
import { eventually } from '../support/eventually.ts'
import { describeWith } from '../support/programs.ts'
import { framesOf, picturesFrom } from '../support/recordings.ts'

const FRAME_RATE = 25
const LENGTH = 60

/** A daemon that has recorded a minute of `cam`, and asks for tokens. */
async function aLibrary(): Promise<ServedDaemon> {
  const daemon = await serve({ args: ['--record'] })
  await filmed(`${daemon.rtmp}/LiveApp/cam`, 'flv')
  await eventually(async () => {
    const [recording] = JSON.parse(await daemon.must(['vod', 'list', '--json']))
    return recording?.endedAt ?? undefined
  })
  await daemon.must(['settings', 'enable-token', '--type', 'play'])
  return daemon
}

/** A minute of film, made as fast as can be; its time stands in the picture. */
async function filmed(target: string, format: string, ...more: string[]): Promise<void> {
  const { code, stderr } = await spawned('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FRAME_RATE}`, '-f', 'lavfi', '-i', 'sine=frequency=440'],
    ...['-t', String(LENGTH), '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', ...more, '-f', format, target],
  ]).outcome
  if (code !== 0) throw new Error(stderr)
}

async function aUrl(daemon: ServedDaemon, file = 'cam'): Promise<string> {
  return `${daemon.http}/LiveApp/streams/${file}.mp4?token=${await daemon.mint(file, 'play')}`
}

describeWith(['ffmpeg', 'ffprobe', 'curl'], 'a recording over HTTP', () => {
  it('plays from start to end in ffprobe with one token', async () => {
    const daemon = await aLibrary()
    const url = await aUrl(daemon)
    expect(await framesOf(url)).toMatchObject({ video: LENGTH * FRAME_RATE })
    expect(await framesOf(url)).toEqual({ video: 0, audio: 0 })
  })

  it('seeks in ffmpeg with one token', async () => {
    const daemon = await aLibrary()
    const pictures = await picturesFrom(await aUrl(daemon), 41.2, 50)
    expect(pictures).toHaveLength(50)
    expect(Math.min(...pictures)).toBeGreaterThanOrEqual(41.2)
    expect(Math.min(...pictures)).toBeLessThan(41.4)
  })

  it('seeks in ffmpeg where the operator dropped it, whatever way its index is written', async () => {
    const daemon = await aLibrary()
    const folder = join(daemon.dataDir, 'streams', 'LiveApp')
    await mkdir(folder, { recursive: true })
    await filmed(join(folder, 'tail.mp4'), 'mp4')
    await filmed(join(folder, 'head.mp4'), 'mp4', '-movflags', '+faststart')
    for (const name of ['tail', 'head']) {
      const pictures = await picturesFrom(await aUrl(daemon, name), 50, 25)
      expect(pictures, name).toHaveLength(25)
      expect(Math.min(...pictures)).toBeCloseTo(50, 1)
    }
  })

  it('goes on after the daemon has been restarted in between', async () => {
    const daemon = await aLibrary()
    const first = await fetch(await aUrl(daemon), { redirect: 'manual' })
    await daemon.stop('SIGKILL')
    const next = await serve({ dataDir: daemon.dataDir })
    const session = `${next.http}${first.headers.get('location')}`
    const part = await fetch(session, { headers: { range: 'bytes=100-199' } })
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100])
  })

  it('stops within 2 s of token revoke, in the middle of a download', async () => {
    const daemon = await serve()
    const folder = join(daemon.dataDir, 'streams', 'LiveApp')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'long.mp4'), '')
    await truncate(join(folder, 'long.mp4'), 4 * 2 ** 30)
    onTestFinished(() => rm(join(folder, 'long.mp4')))
    await daemon.must(['settings', 'enable-token', '--type', 'play'])
    const url = await aUrl(daemon, 'long')
    const client = spawned('curl', ['-sS', '-L', '--limit-rate', '20M', '-o', '/dev/null', url])
    await eventually(async () => {
      const [session] = JSON.parse(await daemon.must(['session', 'list', '--json']))
      return session?.bytes > 0 || undefined
    })
    await daemon.must(['token', 'revoke', '--stream', 'long', '--yes'])
    const revoked = performance.now()
    const { code } = await client.outcome
    expect(performance.now() - revoked).toBeLessThan(2000)
    expect(code).not.toBe(0)
    expect((await fetch(url)).status).toBe(403)
  })
})

describeWith(['ffmpeg', 'chromium'], 'Chromium', () => {
  it('plays and seeks in a <video> with one token', async () => {
    const daemon = await aLibrary()
    const browser = await aBrowser()
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.route(`${daemon.http}/page`, (route) =>
      route.fulfill({ body: '<video muted>', contentType: 'text/html' }),
    )
    await page.goto(`${daemon.http}/page`)
    const url = await aUrl(daemon)
    const seen = await page.evaluate<{
      duration: number
      played: number
      sought: number
      frames: number
    }>(`(async () => {
      const video = document.querySelector('video')
      const event = (name) => new Promise((resolve, reject) => {
        video.addEventListener(name, resolve, { once: true })
        video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true })
      })
      const reach = async (time) => { while (video.currentTime < time) await event('timeupdate') }
      video.src = ${JSON.stringify(url)}
      await event('loadedmetadata')
      const { duration } = video
      await video.play()
      await reach(1)
      const played = video.currentTime
      video.pause()
      video.currentTime = 45
      await event('seeked')
      await video.play()
      await reach(46)
      return { duration, played, sought: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames }
    })()`)
    expect(seen.duration).toBeCloseTo(LENGTH, 0)
    expect(seen.played).toBeGreaterThanOrEqual(1)
    expect(seen.sought).toBeGreaterThanOrEqual(46)
    expect(seen.sought).toBeLessThan(50)
    expect(seen.frames).toBeGreaterThan(25)
    const sessions = JSON.parse(await daemon.must(['session', 'list', '--json']))
    expect(sessions).toMatchObject([{ protocol: 'vod', streamId: 'cam' }])
    expect((await fetch(url)).status).toBe(403)
  })
})
