import { describe, expect, it } from 'vitest'
import { GOOD_SDP } from '../../support/fake-webrtc.ts'
import { aSignallingHouse } from '../../support/signalling.ts'
import { configs } from '../../support/synthetic-media.ts'
import { NOW } from '../../support/tokens.ts'

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

  it('is open to the session that the browser has for the stream, and to no other', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const body = JSON.stringify({ streamId: 'cam', type: 'play', token: await house.mint() })
    const answer = await fetch(`${house.url}/LiveApp/rest/session`, { method: 'POST', body })
    const [cookie = ''] = answer.headers.get('set-cookie')?.split(';') ?? []
    const page = await house.page('LiveApp', { cookie })
    expect(await page.answer('')).toBe('takeConfiguration')
    house.engine.viewer.events.onConnected()
    expect(await page.word()).toBe('play_started')
    for (const other of ['', 'amsctl_play_cam=x', cookie.replace('_cam=', '_cam2=')]) {
      expect(await (await house.page('LiveApp', { cookie: other })).answer('')).toBe('unauthorized_access')
    }
  })

  it('is not open to a page of another origin that rides on the session of its visitor', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const body = JSON.stringify({ streamId: 'cam', type: 'play', token: await house.mint() })
    const answer = await fetch(`${house.url}/LiveApp/rest/session`, { method: 'POST', body })
    const [cookie = ''] = answer.headers.get('set-cookie')?.split(';') ?? []
    const words = async (headers: Readonly<Record<string, string>>) =>
      (await house.page('LiveApp', { cookie, ...headers })).answer('')
    for (const origin of ['http://127.0.0.1:1', 'https://evil.example', 'null']) {
      expect(await words({ origin })).toBe('unauthorized_access')
      expect(await (await house.page('LiveApp', { origin })).answer(await house.mint())).toBe('takeConfiguration')
    }
    expect(await words({ origin: house.url, 'sec-fetch-site': 'same-site' })).toBe('unauthorized_access')
    expect(await words({ origin: house.url })).toBe('takeConfiguration')
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

  it('finishes with the stream, at a kick, and when --max-session is over', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const page = await house.page()
    for (const end of ['stream', 'kick', 'time']) {
      await page.answer(await house.mint({ maxSession: 60 }))
      house.engine.viewer.events.onConnected()
      expect(await page.word()).toBe('play_started')
      const [session] = house.sessions.list()
      if (end === 'stream') house.engine.viewer.onEnd?.('stream-ended')
      else if (end === 'kick') house.sessions.kick(session?.id ?? '')
      else house.time.now += 60
      house.sessions.sweep()
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

type House = Awaited<ReturnType<typeof aSignallingHouse>>
