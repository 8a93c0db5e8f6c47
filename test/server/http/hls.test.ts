import { gunzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import type { FakeHlsStream } from '../../support/fake-hls.ts'
import { aHttpHouse, type HttpHouse, type HttpHouseOptions } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { RawClient } from '../../support/raw-client.ts'

const SESSION = /\?session=([0-9A-Za-z]+)/

/** For the test that makes the server meet a bug. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A house in which `cam` is live. */
async function live(options: HttpHouseOptions = {}) {
  const house = await aHttpHouse(options)
  const source = new LiveSource(house.hub)
  const stream = house.hls.add('cam')
  return { ...house, source, stream, streams: `${house.url}/LiveApp/streams` }
}

/** The session that the master playlist hands out for a new token. */
async function aSession({ url, mint }: Pick<HttpHouse, 'url' | 'mint'>): Promise<string> {
  const master = await fetch(`${url}/LiveApp/streams/cam.m3u8?token=${await mint()}`)
  const [query] = SESSION.exec(await master.text()) ?? []
  if (!query) throw new Error(`no session: ${master.status}`)
  return query
}

/** Lets nobody have a playlist until the returned function is called. */
function holdUp(stream: FakeHlsStream): () => void {
  let makeReady = () => {}
  const whenReady = new Promise<boolean>((resolve) => {
    makeReady = () => resolve(true)
  })
  stream.ready = () => whenReady
  return makeReady
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}

async function usesLeft({ operations }: HttpHouse, token: string): Promise<number | null> {
  const { usesLeft: left } = await operations.showToken(token)
  return left
}

describe('the master playlist', () => {
  it('spends the token for a session, in the addresses that it leads to and in a cookie', async () => {
    const house = await live()
    const token = await house.mint()
    const master = await fetch(`${house.streams}/cam.m3u8?token=${token}`)
    const { date, 'set-cookie': cookie, ...headers } = Object.fromEntries(master.headers)
    expect(master.status).toBe(200)
    expect(headers).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('Retry-After'),
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'content-encoding': 'gzip',
      'content-length': expect.any(String),
      'content-type': 'application/vnd.apple.mpegurl',
      'keep-alive': expect.any(String),
      vary: 'Accept-Encoding',
    })
    const text = await master.text()
    const secret = SESSION.exec(text)?.[1]
    expect(text).toBe(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ncam/live.m3u8?session=${secret}\n`)
    expect(text).not.toContain(token)
    expect(cookie).toBe(`amsctl_play_cam=${secret}; Path=/LiveApp; HttpOnly; SameSite=Lax`)
    expect(await usesLeft(house, token)).toBe(0)
    expect(house.sessions.list()).toMatchObject([{ protocol: 'hls', streamId: 'cam', userAgent: 'node' }])
  })

  it('is refused to a second client, and to one without cookies that asks again', async () => {
    const house = await live()
    const address = `${house.streams}/cam.m3u8?token=${await house.mint()}`
    await fetch(address)
    const replay = await fetch(address)
    expect(replay.headers.get('access-control-allow-origin')).toBe('*')
    expect(await codeOf(replay)).toBe('403 TOKEN_USED')
  })

  it('goes on for a page that polls the same address with its cookie, and for the session itself', async () => {
    const house = await live()
    const address = `${house.streams}/cam.m3u8?token=${await house.mint()}`
    const first = await fetch(address)
    const [query = ''] = SESSION.exec(await first.text()) ?? []
    const [cookie = ''] = first.headers.get('set-cookie')?.split(';') ?? []
    for (const again of [
      await fetch(address, { headers: { cookie } }),
      await fetch(`${house.streams}/cam.m3u8${query}`),
    ]) {
      expect(again.status).toBe(200)
      expect(again.headers.get('set-cookie')).toContain(cookie)
      expect(await again.text()).toContain(query)
    }
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('opens one session for 20 clients that race with one token', async () => {
    const house = await live()
    const makeReady = holdUp(house.stream)
    const address = `${house.streams}/cam.m3u8?token=${await house.mint()}`
    const race = Array.from({ length: 20 }, () => fetch(address))
    await Promise.any(race)
    makeReady()
    const statuses = (await Promise.all(race)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409 || status === 403)).toHaveLength(19)
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('is not there for a stream that is not live, or over, and leaves the token unspent', async () => {
    const house = await aHttpHouse()
    const token = await house.mint()
    const address = `${house.url}/LiveApp/streams/cam.m3u8?token=${token}`
    expect(await codeOf(await fetch(address))).toBe('404 STREAM_NOT_LIVE')
    const source = new LiveSource(house.hub)
    house.hls.add('cam')
    source.publication.end()
    expect(await codeOf(await fetch(address))).toBe('404 STREAM_NOT_LIVE')
    expect(await usesLeft(house, token)).toBe(1)
    new LiveSource(house.hub)
    expect((await fetch(address)).status).toBe(200)
  })

  it('is 503 with Retry-After while there is nothing to play yet, and leaves the token unspent', async () => {
    const house = await live()
    house.stream.ready = async () => false
    const token = await house.mint()
    const response = await fetch(`${house.streams}/cam.m3u8?token=${token}`)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await codeOf(response)).toBe('503 STREAM_NOT_READY')
    expect(await usesLeft(house, token)).toBe(1)
  })

  it('spends nothing for a client that has gone while it waited', async () => {
    const house = await live()
    holdUp(house.stream)
    const token = await house.mint()
    const asked = vi.spyOn(house.stream, 'ready')
    const leave = new AbortController()
    const waiting = fetch(`${house.streams}/cam.m3u8?token=${token}`, { signal: leave.signal })
    await expect.poll(() => asked.mock.calls.length).toBe(1)
    expect((await fetch(`${house.streams}/cam.m3u8?token=${token}`)).status).toBe(409)
    leave.abort()
    await expect(waiting).rejects.toThrow('aborted')
    house.stream.ready = async () => true
    await eventually(async () => (await fetch(`${house.streams}/cam.m3u8?token=${token}`)).status === 200 || undefined)
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('is 503 to whoever waits for it when the server stops', async () => {
    const house = await live()
    holdUp(house.stream)
    const address = `${house.streams}/cam.m3u8?token=${await house.mint()}`
    const race = [fetch(address), fetch(address)]
    expect((await Promise.any(race)).status).toBe(409)
    house.server.drain()
    const answers = await Promise.all(race)
    expect(await Promise.all(answers.map(codeOf))).toContain('503 DAEMON_DOWN')
  })

  it('gives a use back where the muxer fails', async () => {
    const house = await live({ log: SILENT })
    house.stream.ready = async () => {
      throw new Error('no muxer')
    }
    const token = await house.mint()
    expect(await codeOf(await fetch(`${house.streams}/cam.m3u8?token=${token}`))).toBe('500 INTERNAL')
    expect(await usesLeft(house, token)).toBe(1)
  })

  it('needs a token', async () => {
    const house = await live()
    expect(await codeOf(await fetch(`${house.streams}/cam.m3u8`))).toBe('401 TOKEN_MISSING')
    expect(await codeOf(await fetch(`${house.streams}/cam.m3u8?token=nobodys`))).toBe('403 TOKEN_UNKNOWN')
    expect(await codeOf(await fetch(`${house.streams}/cam.m3u8?session=nobodys`))).toBe('403 SESSION_INVALID')
  })

  it('needs nothing and leads to bare addresses while token control is off', async () => {
    const house = await live()
    await house.settings.setTokenControl(['play'], false)
    const master = await fetch(`${house.streams}/cam.m3u8`)
    expect(master.headers.get('set-cookie')).toBeNull()
    expect(await master.text()).toContain('\ncam/live.m3u8\n')
    const playlist = await fetch(`${house.streams}/cam/live.m3u8`)
    expect(await playlist.text()).toContain('URI="init-1.mp4"')
    expect(await (await fetch(`${house.streams}/cam/seg-1.m4s`)).text()).toBe('the first segment')
  })
})

describe('the order of the Ant Media player', () => {
  it('plays: HEAD of the adaptive name, HEAD of the stream, then GET', async () => {
    const house = await live()
    const token = await house.mint()
    for (const name of ['cam_adaptive.m3u8', 'cam.m3u8']) {
      const head = await fetch(`${house.streams}/${name}?token=${token}`, { method: 'HEAD' })
      expect(head.status).toBe(200)
      expect(head.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
      expect(head.headers.get('set-cookie')).toBeNull()
    }
    expect(await usesLeft(house, token)).toBe(1)
    const master = await fetch(`${house.streams}/cam_adaptive.m3u8?token=${token}`)
    expect(await master.text()).toMatch(/\ncam\/live\.m3u8\?session=/)
    expect(house.sessions.list()).toMatchObject([{ streamId: 'cam' }])
  })

  it('is told by HEAD what GET would say', async () => {
    const house = await live()
    const other = await house.mint({ streamId: 'other' })
    const head = (path: string) => fetch(`${house.streams}/${path}`, { method: 'HEAD' })
    expect((await head('cam.m3u8')).status).toBe(401)
    expect((await head(`cam.m3u8?token=${other}`)).status).toBe(403)
    expect((await head(`other.m3u8?token=${other}`)).status).toBe(404)
    const query = await aSession(house)
    expect((await head(`cam/live.m3u8${query}`)).status).toBe(200)
    const segment = await head(`cam/seg-1.m4s${query}`)
    expect(segment.headers.get('content-length')).toBe('17')
    expect((await head('cam/seg-1.m4s')).status).toBe(401)
  })
})

describe('what the master leads to', () => {
  it('is open to the session: the media playlist, whose addresses carry it on', async () => {
    const house = await live()
    const query = await aSession(house)
    const playlist = await fetch(`${house.streams}/cam/live.m3u8${query}&_HLS_msn=1&_HLS_part=0&_HLS_skip=YES`)
    expect(playlist.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
    expect(playlist.headers.get('cache-control')).toBe('no-store')
    expect(await playlist.text()).toBe(`#EXTM3U\n#EXT-X-MAP:URI="init-1.mp4${query}"\nseg-1.m4s${query}\n`)
    expect(house.stream.requests).toEqual([{ msn: 1, part: 0, skip: true, query }])
  })

  it.each([
    ['init-1.mp4', 'the init segment'],
    ['seg-1.m4s', 'the first segment'],
    ['part-1-0.m4s', 'a part'],
  ])('is open to the session: %s', async (name, content) => {
    const house = await live()
    const response = await fetch(`${house.streams}/cam/${name}${await aSession(house)}`)
    const { date, connection, 'keep-alive': keepAlive, ...headers } = Object.fromEntries(response.headers)
    expect(headers).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.any(String),
      'cache-control': 'private, max-age=60, immutable',
      'content-length': String(content.length),
      'content-type': 'video/mp4',
    })
    expect(await response.text()).toBe(content)
    expect(house.sessions.list()).toMatchObject([{ bytes: content.length }])
  })

  it('is open to the cookie alone, and then has no session in its addresses', async () => {
    const house = await live()
    const query = await aSession(house)
    const headers = { cookie: `amsctl_play_cam=${query.slice('?session='.length)}` }
    const playlist = await fetch(`${house.streams}/cam/live.m3u8`, { headers })
    expect(await playlist.text()).toContain('\nseg-1.m4s\n')
    expect((await fetch(`${house.streams}/cam/seg-1.m4s?token=spent`, { headers })).status).toBe(200)
  })

  it('is closed to a token, which it does not spend', async () => {
    const house = await live()
    const token = await house.mint()
    const response = await fetch(`${house.streams}/cam/live.m3u8?token=${token}`)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await codeOf(response)).toBe('401 SESSION_MISSING')
    expect(await codeOf(await fetch(`${house.streams}/cam/seg-1.m4s`))).toBe('401 TOKEN_MISSING')
    expect(await usesLeft(house, token)).toBe(1)
  })

  it('is not there where the stream has no such file, or is gone', async () => {
    const house = await live()
    const query = await aSession(house)
    for (const name of ['seg-7.m4s', 'live.mpd', 'master.m3u8', 'cam.m3u8']) {
      expect(await codeOf(await fetch(`${house.streams}/cam/${name}${query}`))).toBe('404 NOT_FOUND')
    }
    house.hls.remove('cam')
    expect(await codeOf(await fetch(`${house.streams}/cam/seg-1.m4s${query}`))).toBe('404 STREAM_NOT_LIVE')
    await house.settings.setTokenControl(['play'], false)
    expect(await codeOf(await fetch(`${house.streams}/cam/live.m3u8`))).toBe('404 STREAM_NOT_LIVE')
  })

  it('is waited for where a viewer is back before the publisher', async () => {
    const house = await live()
    const query = await aSession(house)
    house.hls.remove('cam')
    const playlist = fetch(`${house.streams}/cam/live.m3u8${query}`)
    const { looks } = house.hls
    await eventually(() => house.hls.looks > looks + 1 || undefined)
    house.hls.add('cam')
    expect((await playlist).status).toBe(200)
  })

  it.each(['_HLS_msn=x', '_HLS_msn=-1', '_HLS_part=1e3', '_HLS_msn=9', '_HLS_msn=99999999999999999999'])(
    'is 400 for %s',
    async (parameter) => {
      const house = await live()
      const response = await fetch(`${house.streams}/cam/live.m3u8${await aSession(house)}&${parameter}`)
      expect(await codeOf(response)).toBe('400 BAD_REQUEST')
    },
  )
})

describe('a request that waits for media', () => {
  /** Asks for a playlist or part that is yet to come, and returns when the server waits for it. */
  async function waiting(house: { streams: string; stream: FakeHlsStream }, path: string, signal?: AbortSignal) {
    const before = house.stream.waiting
    const response = fetch(`${house.streams}/cam/${path}`, signal ? { signal } : {})
    response.catch(() => {})
    await eventually(() => house.stream.waiting > before || undefined)
    return response.then(
      (answer) => answer,
      () => undefined,
    )
  }

  it.each(['live.m3u8', 'part-2-0.m4s'])('ends with 403 when its session is kicked or revoked: %s', async (name) => {
    const house = await live()
    const query = await aSession(house)
    const response = waiting(house, `${name}${query}&_HLS_msn=2`)
    await eventually(() => house.stream.waiting === 1 || undefined)
    const [session] = house.sessions.list()
    house.sessions.kick(session?.id ?? '')
    expect(await codeOf((await response) as Response)).toBe('403 SESSION_INVALID')
    expect(await codeOf(await fetch(`${house.streams}/cam/seg-1.m4s${query}`))).toBe('403 SESSION_INVALID')
  })

  it('ends when the client leaves, and keeps its session from going idle until then', async () => {
    const house = await live()
    const leave = new AbortController()
    const gone = waiting(house, `live.m3u8${await aSession(house)}&_HLS_msn=2`, leave.signal)
    await eventually(() => house.stream.waiting === 1 || undefined)
    house.time.now += 3600
    house.sessions.sweep()
    expect(house.sessions.list()).toHaveLength(1)
    leave.abort()
    await gone
    await eventually(() => house.stream.waiting === 0 || undefined)
    house.time.now += 300
    house.sessions.sweep()
    expect(house.sessions.list()).toHaveLength(0)
  })

  it('is answered at once where its session waits for too much as it is', async () => {
    const house = await live()
    const query = await aSession(house)
    const other = await aSession(house)
    for (let count = 1; count <= 8; count++) void waiting(house, `live.m3u8${query}&_HLS_msn=2`)
    await eventually(() => house.stream.waiting === 8 || undefined)
    expect((await fetch(`${house.streams}/cam/live.m3u8${query}&_HLS_msn=2`)).status).toBe(200)
    expect((await fetch(`${house.streams}/cam/part-2-0.m4s${query}`)).status).toBe(404)
    void waiting(house, `live.m3u8${other}&_HLS_msn=2`)
    await eventually(() => house.stream.waiting === 9 || undefined)
  })

  it('is answered when the server stops', async () => {
    const house = await live()
    const response = waiting(house, `live.m3u8${await aSession(house)}&_HLS_msn=2`)
    await eventually(() => house.stream.waiting === 1 || undefined)
    house.server.drain()
    expect((await response)?.status).toBe(200)
  })

  it('is forgotten when its connection goes, though others wait on the same one', async () => {
    const house = await live()
    const query = await aSession(house)
    const request = (path: string) => `GET /LiveApp/streams/cam/${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    const client = await RawClient.to(house.port)
    client.send(request(`live.m3u8${query}&_HLS_msn=2`) + request(`part-2-0.m4s${query}`))
    await eventually(() => house.stream.waiting === 2 || undefined)
    client.socket.destroy()
    await eventually(() => house.stream.waiting === 0 || undefined)
    house.time.now += 3600
    house.sessions.sweep()
    expect(house.sessions.list()).toHaveLength(0)
  })
})

describe('a segment', () => {
  it('is cut off in the middle when its session ends', async () => {
    const house = await live()
    house.stream.files.set('seg-1.m4s', Buffer.alloc(64 * 1024 * 1024))
    const query = await aSession(house)
    const client = await RawClient.to(house.port)
    client.send(`GET /LiveApp/streams/cam/seg-1.m4s${query} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.receives('200 OK')
    client.socket.pause()
    const [session] = house.sessions.list()
    house.sessions.kick(session?.id ?? '')
    client.socket.resume()
    await client.closed()
    expect(client.received.length).toBeLessThan(32 * 1024 * 1024)
  })
})

describe('the addresses of HLS', () => {
  it('have CORS on every answer, and answer OPTIONS to all', async () => {
    const house = await live()
    const query = await aSession(house)
    for (const path of ['cam.m3u8', 'cam/live.m3u8', 'cam/seg-1.m4s', `cam/none.m4s${query}`, 'x/y/z', 'cam.M3U8']) {
      const options = await fetch(`${house.streams}/${path}`, { method: 'OPTIONS' })
      expect(options.status).toBe(204)
      expect(options.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
      expect((await fetch(`${house.streams}/${path}`)).headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  it.each(['POST', 'PUT', 'DELETE'])('refuse %s', async (method) => {
    const house = await live()
    for (const path of ['cam.m3u8', 'cam/live.m3u8']) {
      const response = await fetch(`${house.streams}/${path}`, { method })
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(await codeOf(response)).toBe('405 METHOD_NOT_ALLOWED')
    }
  })

  it.each([
    ['gzip', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['identity', false],
    ['', false],
  ])('pack playlists for Accept-Encoding "%s": %s', async (accepted, packs) => {
    const house = await live()
    const query = await aSession(house)
    const client = await RawClient.to(house.port)
    const head = `Host: x\r\nAccept-Encoding: ${accepted}\r\nConnection: close\r\n\r\n`
    client.send(`GET /LiveApp/streams/cam/live.m3u8${query} HTTP/1.1\r\n${head}`)
    await client.closed()
    expect(client.text.includes('Content-Encoding: gzip')).toBe(packs)
    const body = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4)
    expect((packs ? gunzipSync(body) : body).toString()).toContain('#EXTM3U')
  })

  it('are of one app each', async () => {
    const house = await live()
    const query = await aSession(house)
    house.hls.add('cam', 'Other')
    expect(await codeOf(await fetch(`${house.url}/Other/streams/cam/live.m3u8${query}`))).toBe('403 SESSION_INVALID')
    expect(await codeOf(await fetch(`${house.url}/Nobodys/streams/cam/live.m3u8${query}`))).toBe('404 NOT_FOUND')
  })
})
