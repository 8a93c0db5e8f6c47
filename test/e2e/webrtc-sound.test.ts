import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { AmsPage, signallingUrl } from '../support/ams-page.ts'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { sharedBrowser, WITH_WEBRTC } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { live, liveWithPictures, packetsOf, playing, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

/** Processes that a daemon has started and that are still there. */
function childrenOf({ child }: ServedDaemon): string[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(child.pid), '-x', 'ffmpeg'], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean)
}

async function noChildren(daemon: ServedDaemon): Promise<void> {
  await eventually(() => childrenOf(daemon).length === 0 || undefined)
}

describeWith(['chromium', 'ffmpeg', 'ffprobe', 'pgrep'], 'sound between RTMP and WebRTC', () => {
  const browser = sharedBrowser(WITH_WEBRTC)

  it('of an RTMP publisher is heard in a page, and transcoded only while the page watches', async () => {
    const daemon = await serve()
    expect((await daemon.status()).transcoder).toMatch(/^ffmpeg \S/)
    publishing(`${daemon.rtmp}/LiveApp/cam`)
    await live(daemon, 'cam')
    expect(childrenOf(daemon)).toEqual([])
    const page = await AmsPage.open(browser())
    const viewer = await page.viewer(signallingUrl(daemon))
    await viewer.play('cam')
    await viewer.watches('cam')
    expect(childrenOf(daemon)).toHaveLength(1)
    await viewer.stop('cam')
    await noChildren(daemon)
  })

  it('of a page is AAC for players of RTMP and HTTP-FLV, one transcoder for all of them', async () => {
    const daemon = await serve()
    const page = await AmsPage.open(browser())
    const publisher = await page.publisher(signallingUrl(daemon))
    await publisher.publish('cam')
    await liveWithPictures(daemon, 'cam')
    expect(childrenOf(daemon)).toEqual([])
    const [rtmp, flv] = [`${daemon.rtmp}/LiveApp/cam`, `${daemon.http}/LiveApp/streams/cam.flv`]
    // Of the first viewer on a busy machine pictures may begin before the transcoder, and players go by what begins.
    const first = playing(rtmp, 600)
    await eventually(async () => packetsOf(await playing(rtmp, 1).outcome).audio > 0 || undefined)
    const players = [rtmp, flv].map((url) => playing(url, 4))
    for (const { outcome } of players) {
      const { video, audio } = packetsOf(await outcome)
      expect(video).toBeGreaterThan(10)
      expect(audio).toBeGreaterThan(50)
    }
    expect(childrenOf(daemon)).toHaveLength(1)
    first.child.kill('SIGKILL')
    await noChildren(daemon)
    await publisher.stop('cam')
  })

  it('of a page is left out where there is no ffmpeg, and the picture is played', async () => {
    const daemon = await serve({ env: { PATH: '/nowhere' } })
    expect((await daemon.status()).transcoder).toBeNull()
    expect(daemon.log).toContain('no ffmpeg')
    const page = await AmsPage.open(browser())
    const publisher = await page.publisher(signallingUrl(daemon))
    await publisher.publish('cam')
    await liveWithPictures(daemon, 'cam')
    const { video, audio } = packetsOf(await playing(`${daemon.http}/LiveApp/streams/cam.flv`, 2).outcome)
    expect(video).toBeGreaterThan(5)
    expect(audio).toBe(0)
    await publisher.stop('cam')
  })
})
