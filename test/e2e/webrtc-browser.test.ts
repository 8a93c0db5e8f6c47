import { expect, it } from 'vitest'
import type { SessionView } from '../../src/domain/session.ts'
import { type AmsClient, AmsPage, signallingUrl } from '../support/ams-page.ts'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { PlayerPage, sharedBrowser, WITH_WEBRTC } from '../support/browser.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { live, liveWithPictures, packetsOf, playing, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'
import { REFUSED_KINDS, type RefusedKind, refusedToken } from '../support/refused-tokens.ts'

/** Publishes over RTMP, so that `streamId` is live. */
async function liveOverRtmp(daemon: ServedDaemon, streamId = 'cam'): Promise<void> {
  publishing(`${daemon.rtmp}/LiveApp/${streamId}?token=${await daemon.mint(streamId, 'publish')}`)
  await live(daemon, streamId)
}

/** Publishes camera and microphone of the page. */
async function liveFromPage(daemon: ServedDaemon, page: AmsPage): Promise<AmsClient> {
  const publisher = await page.publisher(signallingUrl(daemon))
  await publisher.publish('cam', await daemon.mint('cam', 'publish'))
  await publisher.hears('cam', 'publish_started')
  await liveWithPictures(daemon, 'cam')
  return publisher
}

async function usesLeft(daemon: ServedDaemon, token: string): Promise<number | null> {
  return (await daemon.ask((operations) => operations.showToken(token))).usesLeft
}

function sessionsOf(daemon: ServedDaemon): Promise<SessionView[]> {
  return daemon.ask((operations) => operations.listSessions())
}

describeWith(['chromium', 'ffmpeg'], "WebRTC with Ant Media's own client in a browser", () => {
  const browser = sharedBrowser(WITH_WEBRTC)

  /** A daemon with token control, and a page. */
  async function aHouse(): Promise<{ daemon: ServedDaemon; page: AmsPage; url: string }> {
    const daemon = await serve()
    await daemon.enableTokens()
    return { daemon, page: await AmsPage.open(browser()), url: signallingUrl(daemon) }
  }

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
    // On a busy machine the client may have asked for it twice.
    expect((await viewer.state('cam')).heard.at(-1)).toBe('play_started cam')
    expect((await second.state('cam')).frames).toBe(0)
    expect((await sessionsOf(daemon)).map(({ protocol }) => protocol)).toEqual(['webrtc', 'webrtc'])
    await second.stop('cam')
    await publisher.stop('cam')
    await publisher.hears('cam', 'publish_finished')
  })

  it('is refused with every token that does not open the stream, for both directions', async () => {
    const { daemon, page, url } = await aHouse()
    await liveOverRtmp(daemon)
    const refuses = async (client: AmsClient, kind: RefusedKind) => {
      await client.hears('cam', 'unauthorized_access')
      await client.stop('cam')
      expect(new Set((await client.state('cam')).heard), kind).toEqual(new Set(['unauthorized_access cam']))
    }
    for (const kind of REFUSED_KINDS) {
      const [viewer, publisher] = await Promise.all([page.viewer(url), page.publisher(url)])
      await viewer.play('cam', await refusedToken(daemon, kind, 'play'))
      await publisher.publish('cam', await refusedToken(daemon, kind, 'publish'))
      await Promise.all([refuses(viewer, kind), refuses(publisher, kind)])
    }
    expect(await sessionsOf(daemon)).toMatchObject([{ type: 'publish', protocol: 'rtmp' }])
  })

  it('waits for a publisher by asking again with the same token, which stays good', async () => {
    const { daemon, page, url } = await aHouse()
    const token = await daemon.mint('cam', 'play')
    const viewer = await page.viewer(url)
    await viewer.play('cam', token)
    await viewer.hears('cam', 'no_stream_exist')
    expect(await usesLeft(daemon, token)).toBe(1)
    await liveOverRtmp(daemon)
    await viewer.hears('cam', 'play_started')
    await viewer.watches('cam', { sound: false })
    expect(await usesLeft(daemon, token)).toBe(0)
  })

  it('plays what RTMP publishes, two streams on one WebSocket, and ends what is revoked within two seconds', async () => {
    const { daemon, page, url } = await aHouse()
    await Promise.all([liveOverRtmp(daemon, 'one'), liveOverRtmp(daemon, 'two')])
    const viewer = await page.viewer(url)
    const token = await daemon.mint('one', 'play')
    await viewer.play('one', token)
    await viewer.play('two', await daemon.mint('two', 'play'))
    expect(await viewer.watches('one', { sound: false })).toMatchObject({ width: 320 })
    await viewer.watches('two', { sound: false })
    await daemon.must(['token', 'revoke', token])
    await viewer.hears('one', 'play_finished', 1, PROMPT)
    await viewer.watches('two', { sound: false })
  })

  it('publishes to viewers of HLS, in a browser too', async () => {
    const { daemon, page } = await aHouse()
    await liveFromPage(daemon, page)
    const address = async () => `${daemon.http}/LiveApp/streams/cam.m3u8?token=${await daemon.mint('cam', 'play')}`
    const played = await playing(await address(), 2).outcome
    expect(packetsOf(played).video, played.stderr).toBeGreaterThan(5)
    expect(packetsOf(played).audio, played.stderr).toBeGreaterThan(20)
    const player = await PlayerPage.within(daemon.http, browser())
    await player.playWithHlsJs(await address())
    expect((await player.plays(2)).errors.filter((error) => error.startsWith('fatal'))).toEqual([])
    await player.close()
  })

  it('comes back with a used token within reconnect-grace and not without', async () => {
    const { daemon, page, url } = await aHouse()
    const publisher = await liveFromPage(daemon, page)
    const viewer = await page.viewer(url)
    await viewer.play('cam', await daemon.mint('cam', 'play'))
    await viewer.watches('cam', { sound: false })
    await viewer.drop()
    await viewer.hears('cam', 'unauthorized_access')
    await viewer.stop('cam')

    await daemon.set('reconnect-grace', '30s')
    const kind = await page.viewer(url)
    await kind.play('cam', await daemon.mint('cam', 'play'))
    await kind.watches('cam', { sound: false })
    await kind.drop()
    await kind.hears('cam', 'play_started', 2)
    await kind.watches('cam', { sound: false })

    await publisher.drop()
    await publisher.hears('cam', 'publish_started', 2)
    await eventually(async () => (await live(daemon, 'cam')) && true)
  })
})
