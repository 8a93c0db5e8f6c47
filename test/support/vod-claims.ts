import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Seconds } from '../../src/domain/units.ts'
import { type ServedDaemon, sharedDaemon } from './amsctl.ts'
import { aBrowser } from './browser.ts'
import { eventually } from './eventually.ts'
import { describeWith } from './programs.ts'

const run = promisify(execFile)

export const FRAME_RATE = 25
export const LENGTH = 60

/** Within `describe`: a daemon that has recorded a minute of `cam`, and asks for tokens. */
export function sharedLibrary(): () => ServedDaemon {
  const library = sharedDaemon({ args: ['--record'] })
  beforeAll(async () => {
    const daemon = library()
    await filmed(`${daemon.rtmp}/LiveApp/cam`, 'flv')
    await eventually(async () => {
      const [recording] = await daemon.ask((operations) => operations.listRecordings())
      return recording?.endedAt ?? undefined
    })
    await daemon.enableTokens()
  })
  return library
}

/** A minute of film, made as fast as can be; its time stands in the picture. */
export async function filmed(target: string, format: string, ...more: string[]): Promise<void> {
  await run('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FRAME_RATE}`, '-f', 'lavfi', '-i', 'sine=frequency=440'],
    ...['-t', String(LENGTH), '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', ...more, '-f', format, target],
  ])
}

export async function aUrl(daemon: ServedDaemon, file = 'cam'): Promise<string> {
  return `${daemon.http}/LiveApp/streams/${file}.mp4?token=${await daemon.mint(file, 'play')}`
}

/** Claims that the film plays in Chromium with one token, also after a pause of so many seconds. */
export function claimVideo(library: () => ServedDaemon, pause: Seconds): void {
  describeWith(['chromium'], 'Chromium', () => {
    it(`plays, pauses for ${pause} s and seeks in a <video> with one token`, () => playsInChromium(library(), pause))
  })
}

async function playsInChromium(daemon: ServedDaemon, pause: Seconds): Promise<void> {
  const browser = await aBrowser()
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.route(`${daemon.http}/page`, (route) => route.fulfill({ body: '<video muted>', contentType: 'text/html' }))
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
      await new Promise((resolve) => setTimeout(resolve, ${pause * 1000}))
      video.currentTime = 45
      await event('seeked')
      const sought = video.currentTime
      await video.play()
      await reach(46)
      return { duration, played, sought, frames: video.getVideoPlaybackQuality().totalVideoFrames }
    })()`)
  expect(seen.duration).toBeCloseTo(LENGTH, 0)
  expect(seen.played).toBeGreaterThanOrEqual(1)
  expect(seen.sought).toBeCloseTo(45)
  expect(seen.frames).toBeGreaterThan(10)
  const sessions = await daemon.ask((operations) => operations.listSessions())
  const ofTheBrowser = sessions.filter(({ userAgent }) => userAgent?.includes('Chrome'))
  expect(ofTheBrowser).toMatchObject([{ protocol: 'vod', streamId: 'cam' }])
  expect((await fetch(url)).status).toBe(403)
}
