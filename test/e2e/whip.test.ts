import { expect, it } from 'vitest'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { live } from '../support/ffmpeg.ts'
import { noteSecrets } from '../support/leaks.ts'
import { RtcPublisher, RtcViewer } from '../support/rtc-peer.ts'
import { codeOf, SDP, sdpOf } from '../support/whip.ts'

function offer(daemon: ServedDaemon, path: string, token: string, body: string): Promise<Response> {
  const headers = { 'content-type': SDP, authorization: `Bearer ${token}` }
  return fetch(`${daemon.http}${path}`, { method: 'POST', headers, body })
}

/** The address of the session; its secret is to stand in no file of the daemon. */
function sessionOf(daemon: ServedDaemon, answer: Response): string {
  const location = answer.headers.get('location') ?? ''
  noteSecrets(location.split('/').at(-1) ?? '')
  return `${daemon.http}${location}`
}

it('publishes and plays at the daemon, lists both, and writes no secret of theirs down', async () => {
  const daemon = await serve()
  await daemon.enableTokens()
  const publisher = new RtcPublisher()
  const published = await offer(
    daemon,
    '/LiveApp/whip/cam',
    await daemon.mint('cam', 'publish'),
    await publisher.offer(),
  )
  const session = sessionOf(daemon, published)
  publisher.accept(await sdpOf(published))
  await publisher.connected()
  publisher.stream()
  await live(daemon, 'cam')
  const viewer = new RtcViewer()
  const token = await daemon.mint('cam', 'play')
  const played = await offer(daemon, '/LiveApp/whep/cam', token, await viewer.offer())
  sessionOf(daemon, played)
  viewer.accept(await sdpOf(played))
  await Promise.all([viewer.until('video', 10), viewer.until('audio', 10)])
  const sessions = await daemon.ask((operations) => operations.listSessions())
  expect(sessions.map(({ protocol, type }) => `${protocol} ${type}`).sort()).toEqual(['webrtc play', 'webrtc publish'])
  const sdp = await new RtcViewer().offer()
  expect(await codeOf(await offer(daemon, '/LiveApp/whep/cam', token, sdp))).toBe('403 TOKEN_USED')
  expect((await fetch(session, { method: 'DELETE' })).status).toBe(200)
  expect(await daemon.ask((operations) => operations.listStreams())).toEqual([])
})
