import { describe, expect, it } from 'vitest'
import { viewToken } from '../../src/domain/token.ts'
import { type Endpoints, endpointsFrom } from '../../src/services/endpoints.ts'
import { renderWays, urlNotes, waysIn } from '../../src/services/urls.ts'
import { aToken } from '../support/tokens.ts'

const SECRET = 'S'.repeat(32)
const local = endpointsFrom('', null)

function ways(type: 'publish' | 'play', endpoints: Endpoints, streamId = 'cam1') {
  return waysIn(viewToken(aToken({ type, streamId }), 0, SECRET), endpoints)
}

const listening = (host: string) => ({
  rtmp: { host, port: 19_350 },
  rtmps: { host, port: 19_360 },
  http: { host, port: 50_800 },
  https: { host, port: 54_430 },
  webrtc: null,
})

describe('ways in', () => {
  it('of a publish token are RTMP, the two fields of OBS, and an ffmpeg line that runs as it is', () => {
    const rtmp = `rtmp://localhost:1935/LiveApp/cam1?token=${SECRET}`
    expect(ways('publish', local)).toEqual({
      link: `http://localhost:5080/w/LiveApp/cam1?publish#${SECRET}`,
      rtmp,
      'obs-server': 'rtmp://localhost:1935/LiveApp',
      'obs-key': `cam1?token=${SECRET}`,
      ffmpeg: expect.stringMatching(/^ffmpeg -re -f lavfi .* -f flv 'rtmp:\S+'$/),
    })
  })

  it('of a play token are RTMP, HLS, HTTP-FLV and WS-FLV', () => {
    const file = `localhost:5080/LiveApp/streams/cam1.flv?token=${SECRET}`
    expect(ways('play', local)).toEqual({
      link: `http://localhost:5080/w/LiveApp/cam1#${SECRET}`,
      rtmp: `rtmp://localhost:1935/LiveApp/cam1?token=${SECRET}`,
      hls: `http://localhost:5080/LiveApp/streams/cam1.m3u8?token=${SECRET}`,
      'http-flv': `http://${file}`,
      'ws-flv': `ws://${file}`,
      ffplay: `ffplay -fflags nobuffer 'http://${file}'`,
    })
  })

  it('include the encrypted ones where the daemon listens on them', () => {
    const endpoints = endpointsFrom('', listening('127.0.0.1'))
    expect(ways('publish', endpoints)).toMatchObject({
      rtmps: `rtmps://127.0.0.1:19360/LiveApp/cam1?token=${SECRET}`,
    })
    expect(ways('play', endpoints)).toMatchObject({
      'https-hls': `https://127.0.0.1:54430/LiveApp/streams/cam1.m3u8?token=${SECRET}`,
      'https-flv': `https://127.0.0.1:54430/LiveApp/streams/cam1.flv?token=${SECRET}`,
      'wss-flv': `wss://127.0.0.1:54430/LiveApp/streams/cam1.flv?token=${SECRET}`,
    })
  })

  it('are printed one "kind TAB url" line each', () => {
    expect(renderWays({ rtmp: 'rtmp://a', 'http-flv': 'http://b' })).toBe('rtmp\trtmp://a\nhttp-flv\thttp://b')
  })

  it('keep a glob as it is, escape its ?, and say what to put there', () => {
    expect(ways('play', local, 'cam-*').rtmp).toBe(`rtmp://localhost:1935/LiveApp/cam-*?token=${SECRET}`)
    expect(ways('play', local, 'cam-?').rtmp).toBe(`rtmp://localhost:1935/LiveApp/cam-%3F?token=${SECRET}`)
    expect(ways('play', local, 'cam-*').link).toBeUndefined()
    expect(urlNotes('cam-*', endpointsFrom('', listening('192.0.2.7')))).toEqual([
      'put the name of one stream where the URLs say cam-*',
    ])
  })
})

describe('endpoints', () => {
  it.each([
    ['0.0.0.0', 'localhost'],
    ['::', 'localhost'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '[2001:db8::7]'],
  ])('for a daemon on %s are at %s', (host, reachable) => {
    const { rtmp, http, https, assumed } = endpointsFrom('', listening(host))
    expect({ rtmp, http, https, assumed }).toEqual({
      rtmp: `${reachable}:19350`,
      http: `http://${reachable}:50800`,
      https: `https://${reachable}:54430`,
      assumed: false,
    })
  })

  it('are assumed, and said to be, where neither daemon nor public-url tells', () => {
    expect(local.assumed).toBe(true)
    expect(urlNotes('cam1', local)).toEqual([expect.stringContaining('no daemon is running')])
  })

  it('are said to be of this machine only where the daemon listens everywhere and public-url is not set', () => {
    expect(urlNotes('cam1', endpointsFrom('', listening('::')))).toEqual([expect.stringContaining('public-url')])
    expect(urlNotes('cam1', endpointsFrom('http://live.example.org', listening('::')))).toEqual([])
  })

  it('take the host of public-url for every door, and its port for HTTP', () => {
    expect(endpointsFrom('https://live.example.org', listening('::'))).toEqual({
      rtmp: 'live.example.org:19350',
      rtmps: 'live.example.org:19360',
      http: null,
      https: 'https://live.example.org',
      assumed: false,
      everywhere: false,
    })
    expect(endpointsFrom('http://[2001:db8::1]:8080', null)).toMatchObject({
      rtmp: '[2001:db8::1]:1935',
      http: 'http://[2001:db8::1]:8080',
      https: null,
    })
  })
})
