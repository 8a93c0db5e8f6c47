import { expect, it } from 'vitest'
import { RtcPublisher, RtcViewer } from '../../support/rtc-peer.ts'
import { aWhipHouse, SDP } from '../../support/whip.ts'

it('carries what comes by WHIP to who plays by WHEP', async () => {
  const house = await aWhipHouse()
  const { answer } = await house.publish(await house.mint({ type: 'publish' }))
  expect(answer.headers.get('location')).toMatch(/^\/LiveApp\/whip\/cam\/[0-9A-Za-z]{32}$/)
  expect(answer.headers.get('content-type')).toBe(SDP)
  expect(answer.headers.get('etag')).toMatch(/^"\w+"$/)
  expect(answer.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec).toBe('H264')
  const { viewer } = await house.play(await house.mint())
  await Promise.all([viewer.until('video', 20), viewer.until('audio', 20)])
  expect(viewer.pictures).toBeGreaterThan(2)
  expect(house.sessions.list().map(({ protocol, type }) => `${protocol} ${type}`)).toEqual([
    'webrtc publish',
    'webrtc play',
  ])
})

it('sends under the payload types of the offer, to viewers of one kind too', async () => {
  const house = await aWhipHouse()
  await house.publish(await house.mint({ type: 'publish' }))
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.audioCodec).toBe('Opus')
  const payloadTypes = { video: 96, audio: 97 }
  const both = await house.play(await house.mint(), new RtcViewer({ payloadTypes }))
  const sound = await house.play(await house.mint(), new RtcViewer({ payloadTypes, kinds: ['audio'] }))
  const pictures = await house.play(await house.mint(), new RtcViewer({ kinds: ['video'] }))
  await Promise.all([both.viewer.until('video', 9), both.viewer.until('audio', 9)])
  await Promise.all([sound.viewer.until('audio', 9), pictures.viewer.until('video', 9)])
  const types = (viewer: RtcViewer, kind: 'video' | 'audio') =>
    new Set(viewer.packets[kind].map(({ payloadType }) => payloadType))
  expect([...types(both.viewer, 'video'), ...types(both.viewer, 'audio')]).toEqual([96, 97])
  expect([...types(sound.viewer, 'audio'), ...types(pictures.viewer, 'video')]).toEqual([97, 102])
})

it('takes a publisher of one kind', async () => {
  const house = await aWhipHouse()
  await house.publish(await house.mint({ type: 'publish' }), new RtcPublisher({ kinds: ['audio'] }))
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.audioCodec).toBe('Opus')
  const { viewer } = await house.play(await house.mint())
  await viewer.until('audio', 9)
  expect(viewer.packets.video).toEqual([])
})

it('answers with all of its candidates, its public address and the loopback among them', async () => {
  const engineOptions = { host: '192.0.2.7' }
  const house = await aWhipHouse({ engineOptions })
  const { answer: _answer, publisher } = await house.publish(await house.mint({ type: 'publish' }))
  const sdp = publisher.pc.remoteDescription()?.sdp ?? ''
  expect(sdp).toContain(' 192.0.2.7 ')
  expect(sdp).toContain(' 127.0.0.1 ')
})

it('takes a viewer for lost that is gone, and keeps one that reports what it gets', async () => {
  const house = await aWhipHouse({ engineOptions: { silence: 3000 } })
  await house.publish(await house.mint({ type: 'publish' }))
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec).toBe('H264')
  const there = await house.play(await house.mint(), new RtcViewer({ kinds: ['audio'] }))
  const gone = await house.play(await house.mint())
  await gone.viewer.until('video', 3)
  gone.viewer.close()
  await expect.poll(() => house.whip?.size, { timeout: 30_000 }).toBe(2)
  expect((await fetch(gone.session, { method: 'DELETE' })).status).toBe(404)
  // More than the silence that it may keep.
  await there.viewer.until('audio', there.viewer.packets.audio.length + 200)
  expect((await fetch(there.session, { method: 'DELETE' })).status).toBe(200)
})
