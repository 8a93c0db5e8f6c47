import { describe, expect, it } from 'vitest'
import { FakeEngine, GOOD_SDP } from '../../support/fake-webrtc.ts'
import { REFUSED_KINDS } from '../../support/refused-tokens.ts'
import { RtcPublisher, RtcViewer } from '../../support/rtc-peer.ts'
import { aWhipHouse, codeOf, refusedSecret } from '../../support/whip.ts'

const CODES = {
  no: '401 TOKEN_MISSING',
  'a wrong': '403 TOKEN_UNKNOWN',
  'an other-type': '403 TOKEN_OTHER_TYPE',
  'an other-stream': '403 TOKEN_OTHER_STREAM',
  'an expired': '403 TOKEN_EXPIRED',
  'a revoked': '403 TOKEN_REVOKED',
  'an already used': '403 TOKEN_USED',
} as const

async function aHouse() {
  const engine = new FakeEngine()
  const house = await aWhipHouse({ engine })
  const goLive = (codec?: string) => {
    const publication = house.hub.claim('LiveApp', 'cam')
    publication?.start({ protocol: 'rtmp', address: '127.0.0.1' })
    if (codec === undefined) return
    const payload = Buffer.concat([Buffer.from([0x90]), Buffer.from(codec), Buffer.alloc(30, 1)])
    publication?.push({ kind: 'video', dts: 0, payload, config: true, key: true })
  }
  return { ...house, engine, goLive, peers: () => engine.publishers.length + engine.viewers.length }
}

describe.each([
  ['whip', 'publish'],
  ['whep', 'play'],
] as const)('%s', (word, type) => {
  it.each(REFUSED_KINDS)('refuses %s token', async (kind) => {
    const house = await aHouse()
    if (word === 'whep') house.goLive()
    const token = await refusedSecret(house, kind, type)
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await house.post(`/LiveApp/${word}/cam`, GOOD_SDP, headers)
    expect(await codeOf(answer)).toBe(CODES[kind])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('www-authenticate')).toBe(kind === 'no' ? 'Bearer' : null)
    expect(house.peers()).toBe(0)
  })

  it('refuses a token that is shown twice, or in no way that is known', async () => {
    const house = await aHouse()
    const token = await house.mint({ type })
    const bearer = `Bearer ${token}`
    for (const [query, authorization] of [
      [`?token=${token}`, bearer],
      [`?session=${token}`, bearer],
      [`?token=${token}&token=${token}`, ''],
      ['', `${bearer}, ${bearer}`],
      ['', `Basic ${token}`],
      ['', `Bearer ${'x'.repeat(300)}`],
    ] as const) {
      const headers: Record<string, string> = authorization === '' ? {} : { authorization }
      const answer = await house.post(`/LiveApp/${word}/cam${query}`, GOOD_SDP, headers)
      expect(await codeOf(answer)).toBe('403 TOKEN_MALFORMED')
    }
    expect(await house.state(type)).toBe('active')
  })

  it.each([
    ['LiveApp', 'cam', 'text/plain', 'v=0', '415 CONTENT_TYPE_UNSUPPORTED'],
    ['LiveApp', 'cam', 'application/sdpx', 'v=0', '415 CONTENT_TYPE_UNSUPPORTED'],
    ['LiveApp', 'cam', 'application/json', '{}', '415 CONTENT_TYPE_UNSUPPORTED'],
    ['Nope', 'cam', 'application/sdp', 'v=0', '404 NOT_FOUND'],
    ['LiveApp', 'c*m', 'application/sdp', 'v=0', '400 BAD_VALUE'],
    ['LiveApp', '..%2Fcam', 'application/sdp', 'v=0', '400 BAD_VALUE'],
    ['LiveApp', 'cam', 'application/sdp', 'v'.repeat(1_000_000), '413 BODY_TOO_LARGE'],
  ])('answers for %s/%s with %s', async (app, id, contentType, body, code) => {
    const house = await aHouse()
    const token = await house.mint({ type })
    const answer = await house.post(`/${app}/${word}/${id}?token=${token}`, body, { 'content-type': contentType })
    expect(await codeOf(answer)).toBe(code)
    expect(await house.state(type)).toBe('active')
  })

  it('says what it serves to OPTIONS, and to other methods', async () => {
    const { url } = await aHouse()
    for (const [path, allow] of [
      ['cam', 'POST, OPTIONS'],
      ['cam/secret', 'PATCH, DELETE, OPTIONS'],
    ]) {
      const options = await fetch(`${url}/LiveApp/${word}/${path}`, { method: 'OPTIONS' })
      expect(options.status).toBe(204)
      expect(options.headers.get('access-control-allow-methods')).toBe(allow)
      expect(options.headers.get('access-control-allow-headers')).toContain('If-Match')
      expect(options.headers.get('access-control-expose-headers')).toContain('Location')
      for (const method of ['GET', 'HEAD', 'PUT']) {
        const answer = await fetch(`${url}/LiveApp/${word}/${path}`, { method })
        expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
      }
    }
    const endpoint = await fetch(`${url}/LiveApp/${word}/cam`, { method: 'OPTIONS' })
    expect(endpoint.headers.get('accept-post')).toBe('application/sdp')
  })

  it('is not there without WebRTC', async () => {
    const house = await aWhipHouse({ engine: null })
    const token = await house.mint({ type })
    expect(await codeOf(await house.post(`/LiveApp/${word}/cam?token=${token}`, GOOD_SDP))).toBe(
      '503 WEBRTC_UNAVAILABLE',
    )
  })

  it('takes no offer that is none, nor one of other codecs, and burns nothing', async () => {
    const house = await aWhipHouse()
    house.hub.claim('LiveApp', 'live')?.start({ protocol: 'rtmp', address: '' })
    const streamId = type === 'play' ? 'live' : 'cam'
    const token = await house.mint({ type, streamId })
    const peer = (videoCodec: 'H264' | 'VP8') => {
      const options = { kinds: ['video'], videoCodec } as const
      return type === 'play' ? new RtcViewer(options) : new RtcPublisher(options)
    }
    const ask = (sdp: string) => house.post(`/LiveApp/${word}/${streamId}?token=${token}`, sdp)
    const good = await peer('H264').offer()
    for (const sdp of ['', 'v=0', 'garbage', 'v=0\r\nm=video 9 X 1', good.replace(/^a=fingerprint.*$/gm, '')]) {
      expect(await codeOf(await ask(sdp))).toBe('400 BAD_REQUEST')
    }
    for (const sdp of [await peer('VP8').offer(), good.replaceAll('packetization-mode=1', 'packetization-mode=0')]) {
      expect(await codeOf(await ask(sdp))).toBe('406 CODEC_UNSUPPORTED')
    }
    expect(await house.state(type)).toBe('active')
    expect((await ask(good)).status).toBe(201)
  })
})

it('tells who may play that the stream is not live, and burns nothing', async () => {
  const house = await aHouse()
  const token = await house.mint()
  const play = () => house.post(`/LiveApp/whep/cam?token=${token}`, GOOD_SDP)
  expect(await codeOf(await play())).toBe('404 STREAM_NOT_LIVE')
  house.goLive()
  expect((await play()).status).toBe(201)
})

it('tells who may publish that the name is taken, and burns nothing', async () => {
  const house = await aHouse()
  house.goLive()
  const token = await house.mint({ type: 'publish' })
  const answer = await house.post(`/LiveApp/whip/cam?token=${token}`, GOOD_SDP)
  expect(await codeOf(answer)).toBe('409 STREAM_BUSY')
  expect(await house.state('publish')).toBe('active')
})

it.each(['hvc1', 'av01'])('plays no %s, and burns nothing', async (codec) => {
  const house = await aHouse()
  house.goLive(codec)
  const token = await house.mint()
  expect(await codeOf(await house.post(`/LiveApp/whep/cam?token=${token}`, GOOD_SDP))).toBe('406 CODEC_UNSUPPORTED')
  expect(await house.state('play')).toBe('active')
})

it('tells of each ICE server in a Link', async () => {
  const house = await aHouse()
  house.engine.iceServers = [{ urls: 'stun:a:1' }, { urls: 'turn:b:2?transport=udp', username: 'u', credential: 'c"d' }]
  const token = await house.mint({ type: 'publish' })
  const answer = await house.post(`/LiveApp/whip/cam?token=${token}`, GOOD_SDP)
  expect(answer.headers.get('link')).toBe(
    '<stun:a:1>; rel="ice-server", <turn:b:2?transport=udp>; rel="ice-server"; username="u"; credential="c\\"d"; credential-type="password"',
  )
})
