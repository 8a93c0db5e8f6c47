import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GOOD_SDP } from '../../support/fake-webrtc.ts'
import { aSignallingHouse, Page } from '../../support/signalling.ts'
import { configs } from '../../support/synthetic-media.ts'
import { NOW } from '../../support/tokens.ts'

const START = { command: 'start', streamId: 'cam', subscriberId: '' }
const offer = (sdp = GOOD_SDP) => ({ command: 'takeConfiguration', streamId: 'cam', type: 'offer', sdp })

describe('publishing', () => {
  it('spends the token when the peer connects, and not before', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.next()).toEqual(START)
    page.send(offer())
    expect(await page.next()).toMatchObject({ command: 'takeConfiguration', type: 'answer', sdp: 'v=0 answer' })
    expect(await page.next()).toMatchObject({ command: 'takeCandidate', label: 0, id: '0', candidate: 'ours' })
    expect(await house.state('publish')).toBe('active')
    expect(house.hub.find('LiveApp', 'cam')).toBeUndefined()
    house.engine.publisher.events.onConnected()
    expect(await page.next()).toMatchObject({ command: 'notification', definition: 'publish_started', streamId: 'cam' })
    expect(await house.state('publish')).toBe('used')
    expect(house.hub.list()).toMatchObject([{ streamId: 'cam', protocol: 'webrtc' }])
  })

  it('ends the stream at `stop`, and the spent token opens nothing more', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onConnected()
    await page.word()
    page.send({ command: 'stop', streamId: 'cam' })
    expect(await page.word()).toBe('publish_finished')
    expect(house.engine.publisher.closed).toBe(true)
    expect(house.hub.list()).toEqual([])
    expect(await page.offer(token)).toBe('unauthorized_access')
  })

  it('gives the name and the token back when nothing connects in time', async () => {
    const house = await aSignallingHouse({ negotiation: 30 })
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    const first = house.engine.publisher
    expect(await page.word()).toBe('publishTimeoutError')
    expect(first.closed).toBe(true)
    expect(await page.offer(token)).toBe('takeConfiguration')
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
  })

  it.each([
    ['an offer that cannot be used', 'bad', 'notSetRemoteDescription'],
    ['no offer at all', '', 'notSetRemoteDescription'],
  ])('burns nothing on %s', async (_what, sdp, definition) => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    await page.word()
    page.send(offer(sdp))
    expect(await page.word()).toBe(definition)
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('burns nothing where the peer cannot be reached', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onGone('failed')
    expect(await page.word()).toBe('publishTimeoutError')
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('refuses a name in use, and burns nothing', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const other = house.goLive()
    const page = await house.page()
    expect(await page.offer(token)).toBe('streamIdInUse')
    other.end()
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('takes a repeat as the same attempt, before and after the offer', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.word()).toBe('start')
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.word()).toBe('start')
    page.send(offer())
    expect(await page.word()).toBe('takeConfiguration')
    const former = house.engine.publisher
    expect(await page.offer(token)).toBe('takeConfiguration')
    expect(former.closed).toBe(true)
    former.events.onConnected()
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
    expect(await page.settled()).toEqual([])
    expect(await page.offer(token)).toBe('already_publishing')
  })

  it('lets one of 50 sockets in that race for one token', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const pages = await Promise.all(Array.from({ length: 50 }, () => house.page()))
    const words = await Promise.all(pages.map((page) => page.offer(token)))
    for (const peer of house.engine.publishers) peer.events.onConnected()
    const winners = pages.filter((_page, at) => words[at] === 'takeConfiguration')
    expect(winners).toHaveLength(1)
    expect(await winners[0]?.word()).toBe('publish_started')
    expect(words.filter((word) => word === 'unauthorized_access')).toHaveLength(49)
  })

  it('goes on with the same token within `reconnect-grace` when its socket was lost', async () => {
    const house = await aSignallingHouse()
    await house.set('reconnect-grace', '30s')
    const token = await house.mint({ type: 'publish' })
    const lost = await house.page()
    await lost.offer(token)
    house.engine.publisher.events.onConnected()
    await lost.word()
    lost.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    const page = await house.page()
    expect(await page.offer(token)).toBe('takeConfiguration')
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('ends at once when the token is revoked', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onConnected()
    await page.word()
    const [{ id } = { id: '' }] = await house.operations.listTokens({ type: 'publish' })
    await house.operations.revokeTokens({ refs: [id] })
    expect(await page.word()).toBe('publish_finished')
    expect(house.engine.publisher.closed).toBe(true)
    expect(house.hub.list()).toEqual([])
  })

  it('hands candidates over that came before the offer, and even before the command', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    page.send({ command: 'takeCandidate', streamId: 'cam', label: 0, id: '0', candidate: 'first' })
    page.send({ command: 'publish', streamId: 'cam', token: await house.mint({ type: 'publish' }) })
    await page.word()
    page.send({ command: 'takeCandidate', streamId: 'cam', label: 0, id: '0', candidate: 'second' })
    page.send(offer())
    await page.word()
    expect(house.engine.publisher.candidates).toEqual(['first', 'second'])
  })

  it('loses everything of a socket that closes, spent or not', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const token = await house.mint({ type: 'publish', streamId: 'b' })
    await page.offer(await house.mint({ type: 'publish' }))
    house.engine.publisher.events.onConnected()
    await page.word()
    await page.offer(token, 'b')
    page.socket.terminate()
    await expect.poll(() => house.engine.publishers.map((peer) => peer.closed)).toEqual([true, true])
    expect(house.hub.list()).toEqual([])
    expect(await (await house.page()).offer(token, 'b')).toBe('takeConfiguration')
  })
})

describe('a socket that goes', () => {
  it('while the gate is asked gives the token back', async () => {
    const asked = aSignal()
    const going = aSignal()
    const released = aSignal()
    const house = await aSignallingHouse({}, (gate) => ({
      reserve: async (request) => {
        const attempt = await gate.reserve(request)
        asked.resolve()
        await going.promise
        if (!attempt.ok) return attempt
        return { ...attempt, release: () => [attempt.release(), released.resolve()] }
      },
    }))
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    await asked.promise
    page.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    going.resolve()
    await released.promise
    expect(house.hub.claim('LiveApp', 'cam')).toBeDefined()
    expect(await house.state('publish')).toBe('active')
  })

  it('while the token is spent leaves no session behind', async () => {
    const spending = aSignal()
    const going = aSignal()
    const house = await aSignallingHouse({}, (gate) => ({
      reserve: async (request) => {
        const attempt = await gate.reserve(request)
        if (!attempt.ok) return attempt
        const spend: typeof attempt.spend = async (connection) => {
          spending.resolve()
          await going.promise
          return attempt.spend(connection)
        }
        return { ...attempt, spend }
      },
    }))
    const page = await house.page()
    await page.offer(await house.mint({ type: 'publish' }))
    const peer = house.engine.publisher
    peer.events.onConnected()
    await spending.promise
    page.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    going.resolve()
    await expect.poll(() => house.entries.map(({ event }) => event)).toContain('admit')
    await expect.poll(() => house.sessions.list()).toEqual([])
    expect([peer.started, peer.closed]).toEqual([false, true])
    expect(house.hub.list()).toEqual([])
  })
})

describe('playing', () => {
  it('offers, and spends when the peer connects', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const page = await house.page()
    page.send({ command: 'play', streamId: 'cam', token: await house.mint() })
    const idMapping = { 0: 'video', 1: 'audio' }
    expect(await page.next()).toMatchObject({
      command: 'takeConfiguration',
      type: 'offer',
      sdp: 'v=0 offer',
      idMapping,
    })
    page.send({ command: 'takeConfiguration', streamId: 'cam', type: 'answer', sdp: GOOD_SDP })
    await page.settled()
    expect(house.engine.viewer.started).toBe(false)
    house.engine.viewer.events.onConnected()
    expect(await page.word()).toBe('play_started')
    expect(house.engine.viewer.started).toBe(true)
    expect(await page.answer('other')).toBe('already_playing')
  })

  it('refuses a replay while the first plays on', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const token = await house.mint()
    const page = await house.page()
    await page.answer(token)
    house.engine.viewer.events.onConnected()
    await page.word()
    expect(await (await house.page()).answer(token)).toBe('unauthorized_access')
    expect(house.engine.viewers).toHaveLength(1)
    expect(house.engine.viewer.closed).toBe(false)
  })

  it('knows no stream that is not live, and burns nothing', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint()
    const page = await house.page()
    page.send({ command: 'play', streamId: 'cam', token })
    expect(await page.next()).toMatchObject({ definition: 'no_stream_exist', error_code: '404', streamId: 'cam' })
    house.goLive()
    expect(await page.answer(token)).toBe('takeConfiguration')
  })

  it('spends nothing where the stream ends before the peer connects', async () => {
    const house = await aSignallingHouse()
    const live = house.goLive()
    const page = await house.page()
    await page.answer(await house.mint())
    live.end()
    house.engine.viewer.events.onConnected()
    expect(await page.word()).toBe('no_stream_exist')
    expect(await house.state('play')).toBe('active')
  })

  it('gives the token back for an answer that cannot be used, and replaces a peer at a repeat', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const token = await house.mint()
    const page = await house.page()
    await page.answer(token)
    expect(await page.answer(token)).toBe('takeConfiguration')
    expect(house.engine.viewers.map((peer) => peer.closed)).toEqual([true, false])
    page.send({ command: 'takeConfiguration', streamId: 'cam', type: 'answer', sdp: 'bad' })
    expect(await page.word()).toBe('notSetRemoteDescription')
    expect(await page.answer(token)).toBe('takeConfiguration')
  })

  it('finishes with the stream, and at a kick', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const page = await house.page()
    for (const end of ['stream', 'kick']) {
      await page.answer(await house.mint())
      house.engine.viewer.events.onConnected()
      expect(await page.word()).toBe('play_started')
      const [session] = house.sessions.list()
      if (end === 'stream') house.engine.viewer.onEnd?.('stream-ended')
      else house.sessions.kick(session?.id ?? '')
      expect(await page.word()).toBe('play_finished')
      expect(house.engine.viewer.closed).toBe(true)
    }
  })
})

describe('refusals', () => {
  it.each([
    ['no token', async () => ''],
    ['an unknown token', async () => 'x'.repeat(40)],
    ['a malformed token', async () => 'x'.repeat(300)],
    ['a token of the other type', (house: House) => house.mint({ type: 'play' })],
    ['a token of another stream', (house: House) => house.mint({ type: 'publish', streamId: 'other' })],
    ['an expired token', (house: House) => house.mint({ type: 'publish', expireDate: NOW - 1 })],
  ])('refuses %s', async (_what, tokenOf) => {
    const house = await aSignallingHouse()
    const token = await tokenOf(house)
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.next()).toEqual({ command: 'error', definition: 'unauthorized_access', streamId: 'cam' })
    expect(house.engine.publishers).toEqual([])
  })

  it('tells a socket without a session nothing of a stream', async () => {
    const house = await aSignallingHouse()
    const publication = house.goLive()
    for (const packet of configs()) publication.push(packet)
    const page = await house.page()
    page.send({ command: 'getStreamInfo', streamId: 'cam' })
    expect(await page.word()).toBe('no_stream_exist')
    await page.answer(await house.mint())
    house.engine.viewer.events.onConnected()
    await page.word()
    page.send({ command: 'getStreamInfo', streamId: 'cam' })
    const streamInfo = [{ streamWidth: 320, streamHeight: 180, videoCodec: 'H264' }]
    expect(await page.next()).toMatchObject({ command: 'streamInformation', streamId: 'cam', streamInfo })
  })
})

describe('hostile messages', () => {
  it('ignores what is no command, and goes on', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const texts = ['', '{', 'null', '[]', '7', '{"command":7}', '{"command":"toString"}', '{"command":"__proto__"}']
    for (const text of texts) page.socket.send(text)
    page.socket.send(Buffer.from([0, 1]))
    page.send({ command: 'stop', streamId: '__proto__' })
    page.send({ command: 'takeCandidate', streamId: '../..', candidate: 'x' })
    expect(await page.settled()).toEqual([])
  })

  it.each([
    ['', 'noStreamNameSpecified'],
    ['../etc', 'invalidStreamName'],
  ])('refuses the name "%s"', async (streamId, definition) => {
    const page = await (await aSignallingHouse()).page()
    page.send({ command: 'play', streamId, token: 'x' })
    expect(await page.next()).toMatchObject({ definition, streamId })
  })

  it('closes a socket that floods, or sends more than 80 KiB', async () => {
    const house = await aSignallingHouse()
    const [flooding, large] = [await house.page(), await house.page()]
    for (let n = 0; n < 1000; n++) flooding.socket.send('x')
    large.socket.send('x'.repeat(81 * 1024))
    expect(await flooding.closed).toBe(1008)
    expect(await large.closed).toBe(1009)
  })

  it('cuts a socket that shows no life', async () => {
    const house = await aSignallingHouse({ pingEvery: 5, deadAfter: 20 })
    const page = await Page.open(`${house.wsUrl}/LiveApp/websocket`)
    page.socket.pause()
    await expect.poll(() => house.signalling?.size).toBe(0)
  })

  it('answers 404 for an app or address that is not there', async () => {
    const house = await aSignallingHouse()
    for (const path of ['Nope/websocket', 'LiveApp/websocket/', 'LiveApp/websockets']) {
      const socket = new WebSocket(`${house.wsUrl}/${path}`)
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      })
      expect(status).toBe(404)
      socket.on('error', () => {})
      socket.terminate()
    }
  })

  it('tells pages that the server goes away', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    house.signalling?.close()
    expect(await page.closed).toBe(1001)
  })

  it('tells the ICE server without a stream', async () => {
    const house = await aSignallingHouse()
    house.engine.iceServers = [{ urls: 'stun:a:1' }, { urls: 'turn:b:2', username: 'u', credential: 'c' }]
    const page = await house.page()
    page.send({ command: 'getIceServerConfig' })
    const answer = { stunServerUri: 'turn:b:2', turnServerUsername: 'u', turnServerCredential: 'c' }
    expect(await page.next()).toEqual({ command: 'iceServerConfig', ...answer })
  })
})

type House = Awaited<ReturnType<typeof aSignallingHouse>>

/** Something that a test waits for. */
function aSignal() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}
