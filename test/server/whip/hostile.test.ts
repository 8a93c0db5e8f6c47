import { expect, it } from 'vitest'
import { FakeEngine, GOOD_SDP } from '../../support/fake-webrtc.ts'
import { RtcPublisher, RtcViewer } from '../../support/rtc-peer.ts'
import { aWhipHouse, codeOf, sdpOf } from '../../support/whip.ts'

const FRAGMENT = 'application/trickle-ice-sdpfrag'

it('lets go of 300 offers that go no further, takes no more at once than it may, and serves others then', async () => {
  const house = await aWhipHouse({ limits: { negotiation: 10_000, mostNegotiating: 10, mostOfAddress: 10 } })
  await house.publish(await house.mint({ type: 'publish' }))
  const token = await house.mint({ uses: null })
  const offer = await new RtcViewer().offer()
  const ask = () => house.post(`/LiveApp/whep/cam?token=${token}`, offer)
  const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await ask()).status))
  expect(new Set(statuses)).toEqual(new Set([201, 503]))
  expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(10)
  expect(house.whip?.size).toBeLessThanOrEqual(11)
  await expect.poll(() => house.whip?.size, { timeout: 30_000 }).toBe(1)
  const { viewer } = await house.play(token)
  await viewer.until('video', 3)
})

it('burns no token on a connection that never comes about', async () => {
  const house = await aWhipHouse({ limits: { negotiation: 10_000 } })
  const token = await house.mint({ type: 'publish' })
  const answer = await house.post(`/LiveApp/whip/cam?token=${token}`, await new RtcPublisher().offer())
  await sdpOf(answer)
  await expect.poll(() => house.whip?.size, { timeout: 30_000 }).toBe(0)
  expect(await house.state('publish')).toBe('active')
  expect(await codeOf(await fetch(house.locate(answer), { method: 'DELETE' }))).toBe('404 SESSION_NOT_FOUND')
  await house.publish(token)
  await expect.poll(() => house.state('publish')).toBe('used')
})

it('ends a viewer at once when it is kicked, and the stream of a publisher', async () => {
  const house = await aWhipHouse()
  await house.publish(await house.mint({ type: 'publish' }))
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec).toBe('H264')
  const token = await house.mint()
  const kicked = await house.play(token)
  const other = await house.play(await house.mint())
  await Promise.all([kicked.viewer.until('video', 3), other.viewer.until('video', 3)])
  const received = ({ viewer }: typeof other) => viewer.packets.video.length
  house.sessions.kick(house.sessions.list().find(({ type }) => type === 'play')?.id ?? '')
  // What was on its way when it was kicked may still come.
  await other.viewer.until('video', received(other) + 20)
  const before = received(kicked)
  await other.viewer.until('video', received(other) + 20)
  expect(received(kicked)).toBe(before)
  expect((await fetch(kicked.session, { method: 'DELETE' })).status).toBe(404)
  house.sessions.kick(house.sessions.list().find(({ type }) => type === 'publish')?.id ?? '')
  expect(house.hub.list()).toEqual([])
  await expect.poll(() => house.whip?.size).toBe(0)
  expect(await codeOf(await house.post(`/LiveApp/whep/cam?token=${token}`, GOOD_SDP))).toBe('403 TOKEN_USED')
})

it('takes 1500 candidates in 500 PATCHes and goes on', async () => {
  const house = await aWhipHouse()
  const publisher = new RtcPublisher()
  const offer = await publisher.offer()
  const answer = await house.post(`/LiveApp/whip/cam?token=${await house.mint({ type: 'publish' })}`, offer)
  const lines = ['a=mid:0', 'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host', 'a=candidate:x', 'a=candidate:', 'a=mid:?']
  const headers = { 'content-type': FRAGMENT, 'if-match': answer.headers.get('etag') ?? '' }
  const init = { method: 'PATCH', headers, body: lines.join('\r\n') }
  publisher.accept(await sdpOf(answer))
  for (let round = 0; round < 10; round++) {
    const patched = await Promise.all(Array.from({ length: 50 }, () => fetch(house.locate(answer), init)))
    expect(new Set(patched.map(({ status }) => status))).toEqual(new Set([204]))
  }
  await publisher.connected()
  publisher.stream()
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec).toBe('H264')
})

it('takes no offer that is damaged, wherever that is', async () => {
  const house = await aWhipHouse({ limits: { negotiation: 6000, mostOfAddress: 200 } })
  house.hub.claim('LiveApp', 'live')?.start({ protocol: 'rtmp', address: '' })
  const token = await house.mint({ streamId: 'live', uses: null })
  const offer = await new RtcViewer().offer()
  let state = 7
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
  for (let n = 0; n < 150; n++) {
    const at = random(offer.length)
    const damaged = offer.slice(0, at) + '\0é\r\nm=9'.slice(0, random(7)) + offer.slice(at + random(40))
    const { status } = await house.post(`/LiveApp/whep/live?token=${token}`, damaged)
    expect([201, 400, 406]).toContain(status)
  }
  await expect.poll(() => house.whip?.size, { timeout: 15_000 }).toBe(0)
})

it('keeps the media of a publisher back until its token is spent', async () => {
  let go = () => {}
  const going = new Promise<void>((resolve) => {
    go = resolve
  })
  const house = await aWhipHouse({
    between: (gate) => ({
      reserve: async (request) => {
        const attempt = await gate.reserve(request)
        if (!attempt.ok) return attempt
        const spend: typeof attempt.spend = async (connection) => {
          await going
          return attempt.spend(connection)
        }
        return { ...attempt, spend }
      },
    }),
  })
  const { publisher } = await house.publish(await house.mint({ type: 'publish' }))
  for (let n = 0; n < 5; n++) publisher.sendFrame(true)
  expect(house.hub.list()).toEqual([])
  go()
  await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec).toBe('H264')
})

it('forgets sessions that race with their end', async () => {
  const engine = new FakeEngine()
  const house = await aWhipHouse({ engine })
  const token = await house.mint({ type: 'publish', uses: null, streamId: '*' })
  const rounds = Array.from({ length: 50 }, async (_, n) => {
    const answer = await house.post(`/LiveApp/whip/cam-${n}?token=${token}`, GOOD_SDP)
    engine.publishers[n]?.events.onConnected()
    await Promise.all([1, 2].map(() => fetch(house.locate(answer), { method: 'DELETE' })))
  })
  await Promise.all(rounds)
  await expect.poll(() => house.whip?.size).toBe(0)
  await expect.poll(() => house.sessions.list()).toEqual([])
  expect(house.hub.list()).toEqual([])
})
