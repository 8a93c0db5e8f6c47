import { expect, it } from 'vitest'
import { type AmsClient, AmsPage, signallingUrl } from '../support/ams-page.ts'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { aBrowser, WITH_WEBRTC } from '../support/browser.ts'
import { live } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

/** A daemon with token control, and a page. */
async function aHouse(): Promise<{ daemon: ServedDaemon; page: AmsPage; url: string }> {
  const daemon = await serve()
  await daemon.must(['settings', 'enable-token'])
  return { daemon, page: await AmsPage.open(await aBrowser(WITH_WEBRTC)), url: signallingUrl(daemon) }
}

/** Publishes camera and microphone of the page. */
async function liveFromPage(daemon: ServedDaemon, page: AmsPage): Promise<AmsClient> {
  const publisher = await page.publisher(signallingUrl(daemon))
  await publisher.publish('cam', await daemon.mint('cam', 'publish'))
  await publisher.hears('cam', 'publish_started')
  await live(daemon, 'cam')
  return publisher
}

async function sessionsOf(daemon: ServedDaemon): Promise<{ type: string; protocol: string }[]> {
  return JSON.parse(await daemon.must(['session', 'list', '--json']))
}

describeWith(['chromium'], "WebRTC with Ant Media's own client in a browser", () => {
  it('publishes and plays picture and sound, one page for one token, until the publisher stops', async () => {
    const { daemon, page, url } = await aHouse()
    const publisher = await liveFromPage(daemon, page)
    const token = await daemon.mint('cam', 'play')
    const viewer = await page.viewer(url)
    await viewer.play('cam', token)
    await viewer.watches('cam')
    const second = await page.viewer(url)
    await second.play('cam', token)
    await second.hears('cam', 'unauthorized_access')
    await viewer.watches('cam')
    expect((await viewer.state('cam')).heard).toEqual(['play_started cam'])
    expect((await second.state('cam')).frames).toBe(0)
    expect((await sessionsOf(daemon)).map(({ protocol }) => protocol)).toEqual(['webrtc', 'webrtc'])
    await second.stop('cam')
    await publisher.stop('cam')
    await publisher.hears('cam', 'publish_finished')
  })
})
