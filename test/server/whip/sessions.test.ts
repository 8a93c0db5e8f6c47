import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { FakeEngine, GOOD_SDP } from '../../support/fake-webrtc.ts'
import { aWhipHouse, codeOf, type WhipHouseOptions } from '../../support/whip.ts'

const OFFER = `${GOOD_SDP}`
const FRAGMENT = 'application/trickle-ice-sdpfrag'
const CANDIDATE = 'candidate:1 1 UDP 1 192.0.2.1 9 typ host'

async function aHouse(options: WhipHouseOptions = {}) {
  const engine = new FakeEngine()
  const house = await aWhipHouse({ engine, ...options })
  const offer = async (token: string, streamId = 'cam') => {
    const answer = await house.post(`/LiveApp/whip/${streamId}?token=${token}`, OFFER)
    return { answer, session: house.locate(answer), etag: answer.headers.get('etag') ?? '' }
  }
  /** Publishes, connected. */
  const begin = async () => {
    const opened = await offer(await house.mint({ type: 'publish' }))
    engine.publisher.events.onConnected()
    await eventually(() => house.hub.list().length === 1 || undefined)
    return opened
  }
  const statusOf = async (url: string, method: string) => (await fetch(url, { method })).status
  return { ...house, engine, offer, begin, statusOf }
}

describe('a session', () => {
  it('spends its token when the peer connects, and not before', async () => {
    const house = await aHouse()
    const { answer } = await house.offer(await house.mint({ type: 'publish' }))
    expect([answer.status, await answer.text()]).toEqual([201, 'v=0 gathered'])
    expect(await house.state('publish')).toBe('active')
    expect(house.hub.list()).toEqual([])
    house.engine.publisher.events.onConnected()
    await expect.poll(() => house.hub.list()).toMatchObject([{ streamId: 'cam', protocol: 'webrtc' }])
    expect(await house.state('publish')).toBe('used')
  })

  it('lets one of 30 in that race for one token', async () => {
    const house = await aHouse()
    const token = await house.mint({ type: 'publish' })
    const answers = await Promise.all(Array.from({ length: 30 }, () => house.offer(token)))
    const statuses = answers.map(({ answer }) => answer.status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 29 }, () => 409)])
    for (const peer of house.engine.publishers) peer.events.onConnected()
    await expect.poll(() => house.sessions.list()).toHaveLength(1)
    expect(await codeOf((await house.offer(token)).answer)).toBe('403 TOKEN_USED')
  })

  it('is ended by who knows its address, and its stream with it', async () => {
    const house = await aHouse()
    const { session } = await house.begin()
    expect(await house.statusOf(session, 'DELETE')).toBe(200)
    expect(house.hub.list()).toEqual([])
    expect(house.sessions.list()).toEqual([])
    expect(house.engine.publisher.closed).toBe(true)
    expect(await house.statusOf(session, 'DELETE')).toBe(404)
  })

  it('is not there for strangers', async () => {
    const house = await aHouse()
    const { session } = await house.begin()
    for (const url of [
      session.replace('/whip/', '/whep/'),
      session.replace('/LiveApp/', '/Other/'),
      session.replace('/cam/', '/cam2/'),
      `${session}x`,
      session.replace(/\w+$/, '__proto__'),
      session.replace(/\w+$/, 'x'.repeat(32)),
    ]) {
      expect(await codeOf(await fetch(url, { method: 'DELETE' }))).toBe('404 SESSION_NOT_FOUND')
    }
    expect(house.hub.list()).toHaveLength(1)
  })

  it('gives its token and name back when it is ended before it connects', async () => {
    const house = await aHouse()
    const token = await house.mint({ type: 'publish' })
    const { session } = await house.offer(token)
    expect(await house.statusOf(session, 'DELETE')).toBe(200)
    expect((await house.offer(token)).answer.status).toBe(201)
  })

  it.each(['kick', 'revoke'])('is over at a %s', async (how) => {
    const house = await aHouse()
    const { session } = await house.begin()
    const { id, tokenId } = house.sessions.list()[0] ?? { id: '', tokenId: '' }
    if (how === 'kick') house.sessions.kick(id)
    else await house.operations.revokeTokens({ refs: [tokenId ?? ''] })
    expect(house.engine.publisher.closed).toBe(true)
    expect(house.hub.list()).toEqual([])
    expect(await house.statusOf(session, 'DELETE')).toBe(404)
  })

  it('is over when its peer is gone, and may be resumed with its token within the grace', async () => {
    const house = await aHouse()
    await house.set('reconnect-grace', '30s')
    const token = await house.mint({ type: 'publish' })
    const { session } = await house.offer(token)
    house.engine.publisher.events.onConnected()
    await eventually(() => house.engine.publisher.started || undefined)
    house.engine.publisher.events.onGone('closed')
    expect(await house.statusOf(session, 'DELETE')).toBe(404)
    expect((await house.offer(token)).answer.status).toBe(201)
    house.engine.publisher.events.onConnected()
    await expect.poll(() => house.hub.list()).toHaveLength(1)
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('gives up when nothing connects in time, and burns nothing', async () => {
    const house = await aHouse({ limits: { negotiation: 30 } })
    const token = await house.mint({ type: 'publish' })
    const { session } = await house.offer(token)
    await expect.poll(() => house.whip?.size).toBe(0)
    expect(house.engine.publisher.closed).toBe(true)
    expect(await house.statusOf(session, 'DELETE')).toBe(404)
    expect((await house.offer(token)).answer.status).toBe(201)
  })

  it('of a viewer ends with the stream', async () => {
    const house = await aHouse()
    const live = house.hub.claim('LiveApp', 'cam')
    live?.start({ protocol: 'rtmp', address: '' })
    const answer = await house.post(`/LiveApp/whep/cam?token=${await house.mint()}`, OFFER)
    house.engine.viewer.events.onConnected()
    await eventually(() => house.engine.viewer.onEnd)
    house.engine.viewer.onEnd?.('stream-ended')
    expect(house.engine.viewer.closed).toBe(true)
    expect(await house.statusOf(house.locate(answer), 'DELETE')).toBe(404)
    expect(house.sessions.list()).toEqual([])
  })

  it('is opened by the session of a browser, again and again', async () => {
    const house = await aHouse()
    house.hub.claim('LiveApp', 'cam')?.start({ protocol: 'rtmp', address: '' })
    const order = JSON.stringify({ streamId: 'cam', type: 'play', token: await house.mint() })
    const opened = await fetch(`${house.url}/LiveApp/rest/session`, { method: 'POST', body: order })
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    for (const [query, headers] of [
      ['', { cookie }],
      [`?session=${cookie.split('=')[1]}`, {}],
    ] as const) {
      expect((await house.post(`/LiveApp/whep/cam${query}`, OFFER, headers)).status).toBe(201)
      house.engine.viewer.events.onConnected()
      await eventually(() => house.engine.viewer.started || undefined)
    }
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('is given up where its client does not wait for the answer', async () => {
    let asked = () => {}
    let go = () => {}
    const arrived = new Promise<void>((resolve) => {
      asked = resolve
    })
    const going = new Promise<void>((resolve) => {
      go = resolve
    })
    const house = await aHouse({
      between: (gate) => ({
        reserve: async (request) => {
          const attempt = await gate.reserve(request)
          asked()
          await going
          return attempt
        },
      }),
    })
    const token = await house.mint({ type: 'publish' })
    const aborter = new AbortController()
    const url = `${house.url}/LiveApp/whip/cam?token=${token}`
    const init = { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: OFFER, signal: aborter.signal }
    const failed = expect(fetch(url, init)).rejects.toThrow()
    await arrived
    aborter.abort()
    await failed
    await expect.poll(() => house.whip?.size).toBe(0)
    go()
    await expect.poll(async () => (await house.offer(token)).answer.status).toBe(201)
  })

  it('is not opened where too many wait for their connection, and burns nothing', async () => {
    for (const limits of [{ mostNegotiating: 2 }, { mostOfAddress: 2 }]) {
      const house = await aHouse({ limits })
      const offer = async (streamId: string) =>
        (await house.offer(await house.mint({ type: 'publish', streamId }), streamId)).answer
      expect([(await offer('a')).status, (await offer('b')).status]).toEqual([201, 201])
      const refused = await offer('c')
      expect(await codeOf(refused)).toBe('503 TOO_MANY_CONNECTIONS')
      expect(refused.headers.get('retry-after')).toBe('5')
      house.engine.publisher.events.onConnected()
      await expect.poll(() => house.hub.list()).toHaveLength(1)
      expect((await offer('d')).status).toBe(201)
    }
  })

  it('is ended by a server that stops, which opens no more', async () => {
    const house = await aHouse()
    await house.begin()
    house.whip?.close()
    expect(house.engine.publisher.closed).toBe(true)
    const { answer } = await house.offer(await house.mint({ type: 'publish', streamId: 'b' }), 'b')
    expect(await codeOf(answer)).toBe('503 DAEMON_DOWN')
  })
})

describe('PATCH', () => {
  it.each([true, false])('hands candidates over, with If-Match: %s', async (withEtag) => {
    const house = await aHouse()
    const { session, etag } = await house.offer(await house.mint({ type: 'publish' }))
    const body = `m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=${CANDIDATE}\r\na=end-of-candidates\r\n`
    const headers = { 'content-type': FRAGMENT, ...(withEtag && { 'if-match': etag }) }
    const answer = await fetch(session, { method: 'PATCH', headers, body })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(house.engine.publisher.candidates).toEqual([CANDIDATE])
  })

  it.each([
    ['412 PRECONDITION_FAILED', { 'content-type': FRAGMENT, 'if-match': '"other"' }, `a=${CANDIDATE}`],
    ['415 CONTENT_TYPE_UNSUPPORTED', { 'content-type': 'application/sdp', 'if-match': '*' }, `a=${CANDIDATE}`],
    ['400 BAD_REQUEST', { 'content-type': FRAGMENT, 'if-match': '*' }, 'garbage'],
    ['400 BAD_REQUEST', { 'content-type': FRAGMENT, 'if-match': '*' }, ''],
    ['422 ICE_RESTART_UNSUPPORTED', { 'content-type': FRAGMENT, 'if-match': '*' }, 'a=ice-ufrag:new\r\na=ice-pwd:x'],
    ['413 BODY_TOO_LARGE', { 'content-type': FRAGMENT, 'if-match': '*' }, 'a='.repeat(500_000)],
  ])('answers %s', async (code, headers, body) => {
    const house = await aHouse()
    const { session } = await house.offer(await house.mint({ type: 'publish' }))
    expect(await codeOf(await fetch(session, { method: 'PATCH', headers, body }))).toBe(code)
    expect(house.engine.publisher.candidates).toEqual([])
    expect(house.engine.publisher.closed).toBe(false)
  })
})
