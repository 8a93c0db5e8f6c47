import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse, HttpPlayer, WsPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { RawClient } from '../../support/raw-client.ts'

describe('HTTP-FLV', () => {
  it.each(['/LiveApp/streams/cam.flv', '/LiveApp/cam.flv'])('plays %s with a token, once', async (path) => {
    const { hub, url, mint } = await aHttpHouse()
    const source = new LiveSource(hub)
    const address = `${url}${path}?token=${await mint()}`
    const player = await HttpPlayer.open(address)
    expect(Object.fromEntries(player.response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Accept-Ranges, Content-Length, Content-Range, Content-Type, ETag, Retry-After',
      'cache-control': 'no-store',
      connection: 'close',
      'content-type': 'video/x-flv',
    })
    await player.until('first')
    source.frame('second')
    await player.until('second')
    expect(player.flv.frames).toEqual(['first', 'second'])

    const replay = await fetch(address)
    expect(replay.status).toBe(403)
    expect(replay.headers.get('access-control-allow-origin')).toBe('*')
    expect(replay.headers.get('cache-control')).toBe('no-store')
    expect(await replay.json()).toMatchObject({ error: { code: 'TOKEN_USED', exit: 4 } })
  })

  it.each([
    ['no token', '', 401, 'TOKEN_MISSING'],
    ['an empty token', '?token=', 401, 'TOKEN_MISSING'],
    ['an unknown token', '?token=nonsense', 403, 'TOKEN_UNKNOWN'],
    ['a repeated token', '?token=a&token=a', 403, 'TOKEN_MALFORMED'],
    ['a token with a control character', '?token=a%00b', 403, 'TOKEN_MALFORMED'],
    ['a token of 300 characters', `?token=${'x'.repeat(300)}`, 403, 'TOKEN_MALFORMED'],
  ])('refuses %s alike whether the stream is live or not', async (_what, query, status, code) => {
    const { hub, url } = await aHttpHouse()
    new LiveSource(hub)
    for (const stream of ['cam', 'nobody']) {
      const response = await fetch(`${url}/LiveApp/streams/${stream}.flv${query}`)
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { code } })
    }
  })

  it.each([
    ['a publish token', { type: 'publish' }, 'TOKEN_OTHER_TYPE'],
    ['a token for another stream', { streamId: 'cam2' }, 'TOKEN_OTHER_STREAM'],
    ['a token for another app', { app: 'Other' }, 'TOKEN_OTHER_APP'],
    ['an expired token', { expireDate: 123_232 }, 'TOKEN_EXPIRED'],
    ['a token bound to another address', { ip: '203.0.113.7' }, 'TOKEN_OTHER_ADDRESS'],
  ] as const)('refuses %s', async (_what, order, code) => {
    const { hub, url, mint } = await aHttpHouse()
    new LiveSource(hub)
    const response = await fetch(`${url}/LiveApp/cam.flv?token=${await mint(order)}`)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  it('spends no token on a stream that is not live', async () => {
    const { hub, url, mint } = await aHttpHouse()
    const address = `${url}/LiveApp/cam.flv?token=${await mint()}`
    const early = await fetch(address)
    expect(early.status).toBe(404)
    expect(await early.json()).toMatchObject({ error: { code: 'STREAM_NOT_LIVE' } })
    new LiveSource(hub)
    await (await HttpPlayer.open(address)).until('first')
  })

  it('answers HEAD as it would GET, and spends nothing', async () => {
    const { hub, url, mint } = await aHttpHouse()
    const token = await mint()
    const head = async (query: string) => (await fetch(`${url}/LiveApp/cam.flv${query}`, { method: 'HEAD' })).status
    expect(await head(`?token=${token}`)).toBe(404)
    new LiveSource(hub)
    expect(await head('')).toBe(401)
    expect(await head('?token=nonsense')).toBe(403)
    expect(await head(`?token=${token}`)).toBe(200)
    expect(await head(`?token=${token}`)).toBe(200)
    await (await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${token}`)).until('first')
    expect(await head(`?token=${token}`)).toBe(403)
  })

  it('lets a page of another origin ask beforehand', async () => {
    const { url } = await aHttpHouse()
    const response = await fetch(`${url}/LiveApp/streams/cam.flv`, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('serves no %s', async (method) => {
    const { hub, url, mint } = await aHttpHouse()
    new LiveSource(hub)
    const address = `${url}/LiveApp/streams/cam.flv?token=${await mint()}`
    const response = await fetch(address, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    await (await HttpPlayer.open(address)).until('first')
  })

  it.each([
    '/Nowhere/streams/cam.flv',
    '/LiveApp/streams/cam.FLV',
    '/LiveApp/streams/deeper/cam.flv',
    '/LiveApp/streams/../cam.flv',
    '/LiveApp//cam.flv',
    '/',
  ])('finds nothing at %s', async (path) => {
    const { hub, port, mint } = await aHttpHouse()
    new LiveSource(hub)
    const client = await RawClient.to(port)
    client.send(`GET ${path}?token=${await mint()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 404 [\s\S]*"code":"NOT_FOUND"/)
  })

  it('names what cannot be a stream id', async () => {
    const { url } = await aHttpHouse()
    const response = await fetch(`${url}/LiveApp/streams/my%20cam.flv`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'BAD_VALUE' } })
  })

  it.each(['cam_720p', 'room_1', 'a__b', 'cam2024', 'news-2025-10-11', 'my.cam', 'cam.flv'])(
    'keeps the stream %s from tokens of a shorter name',
    async (streamId) => {
      const { hub, url, mint } = await aHttpHouse()
      new LiveSource(hub, streamId)
      const address = `${url}/LiveApp/streams/${streamId}.flv`
      const shorter = streamId.slice(0, 3).replace(/\W|_/g, '')
      expect((await fetch(`${address}?token=${await mint({ streamId: shorter })}`)).status).toBe(403)
      await (await HttpPlayer.open(`${address}?token=${await mint({ streamId })}`)).until('first')
    },
  )

  it('asks for no token while token control is off, and spends none', async () => {
    const house = await aHttpHouse()
    await house.settings.setTokenControl(['play'], false)
    new LiveSource(house.hub)
    await (await HttpPlayer.open(`${house.url}/LiveApp/cam.flv`)).until('first')
    const token = await house.mint()
    await (await HttpPlayer.open(`${house.url}/LiveApp/cam.flv?token=${token}`)).until('first')
    await house.settings.setTokenControl(['play'], true)
    await (await HttpPlayer.open(`${house.url}/LiveApp/cam.flv?token=${token}`)).until('first')
  })

  it('plays on a connection that asked other things before', async () => {
    const { hub, port, mint } = await aHttpHouse()
    new LiveSource(hub)
    const path = `/LiveApp/cam.flv?token=${await mint()}`
    const client = await RawClient.to(port)
    for (const [method, answer] of [
      ['OPTIONS', 'HTTP/1.1 204 No Content'],
      ['HEAD', 'HTTP/1.1 200 OK'],
      ['GET', 'FLV'],
    ]) {
      client.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await client.receives(`${answer}`)
    }
    await client.receives('first')
  })

  it('serves a client of HTTP/1.0 and the absolute form of a proxy', async () => {
    const { hub, port, mint } = await aHttpHouse()
    new LiveSource(hub)
    for (const line of ['GET /LiveApp/cam.flv?token=T HTTP/1.0', 'GET http://x/LiveApp/cam.flv?token=T HTTP/1.1']) {
      const client = await RawClient.to(port)
      client.send(`${line.replace('=T', `=${await mint()}`)}\r\nHost: x\r\n\r\n`)
      await client.receives('first')
      expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    }
  })
})

describe('WS-FLV', () => {
  it.each(['/LiveApp/streams/cam.flv', '/LiveApp/cam.flv'])('plays %s with a token, once', async (path) => {
    const { hub, wsUrl, mint } = await aHttpHouse()
    const source = new LiveSource(hub)
    const address = `${wsUrl}${path}?token=${await mint()}`
    const player = await WsPlayer.open(address)
    await player.until('first')
    source.frame('second', { size: 100_000 })
    await player.until('second')
    expect(player.flv.frames).toEqual(['first', 'second'])
    await expect(WsPlayer.open(address)).rejects.toThrow('HTTP 403')
    await expect(WsPlayer.open(`${wsUrl}${path}`)).rejects.toThrow('HTTP 401')
  })

  it('answers pings, ignores what it is told, and goes when asked', async () => {
    const { hub, wsUrl, mint, sessions } = await aHttpHouse()
    const source = new LiveSource(hub)
    const player = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    const ponged = new Promise((resolve) => player.socket.on('pong', (data) => resolve(data.toString())))
    player.socket.send('hello')
    player.socket.ping('are you there')
    expect(await ponged).toBe('are you there')
    source.frame('second')
    await player.until('second')
    player.socket.close(1000)
    expect((await player.closed).code).toBe(1000)
    await eventually(() => (sessions.list().length === 0 ? true : undefined))
  })

  it('spends no token on a stream that is not live, nor on a handshake that is none', async () => {
    const { hub, port, wsUrl, mint } = await aHttpHouse()
    const token = await mint()
    await expect(WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${token}`)).rejects.toThrow('HTTP 404')
    new LiveSource(hub)
    const client = await RawClient.to(port)
    client.send(
      `GET /LiveApp/cam.flv?token=${token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    )
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /)
    await (await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${token}`)).until('first')
  })

  it('takes the first of the protocols that a player offers', async () => {
    const { hub, port, mint } = await aHttpHouse()
    new LiveSource(hub)
    const client = await RawClient.to(port)
    client.send(
      [
        `GET /LiveApp/cam.flv?token=${await mint()} HTTP/1.1`,
        'Host: x',
        'Connection: Upgrade',
        'Upgrade: WebSocket',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: flv, flv',
        '\r\n',
      ].join('\r\n'),
    )
    await client.receives('first')
    expect(client.text).toContain('Sec-WebSocket-Protocol: flv\r\n')
    expect(client.text).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
  })
})

describe('the end of a viewer', () => {
  it('comes properly with the end of the stream, and closes its session', async () => {
    const { hub, url, wsUrl, mint, sessions, entries } = await aHttpHouse()
    const source = new LiveSource(hub)
    const http = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    const ws = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    await Promise.all([http.until('first'), ws.until('first')])
    expect(sessions.list().length).toBe(2)
    source.frame('last')
    source.publication.end()
    expect(await http.toEnd()).toBe(true)
    expect(http.flv.frames).toEqual(['first', 'last'])
    expect(await ws.closed).toMatchObject({ code: 1000 })
    expect(ws.flv.frames).toEqual(['first', 'last'])
    expect(sessions.list().length).toBe(0)
    expect(entries.filter(({ event }) => event === 'end').map(({ code }) => code)).toEqual([
      'stream-ended',
      'stream-ended',
    ])
  })

  it('comes at once with a revoke or a kick, and not one further frame', async () => {
    const { hub, url, wsUrl, mint, sessions, operations } = await aHttpHouse()
    const source = new LiveSource(hub)
    const token = await mint()
    const http = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${token}`)
    const ws = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    await Promise.all([http.until('first'), ws.until('first')])
    const report = await operations.revokeTokens({ refs: [token] })
    expect(report.sessions).toBe(1)
    source.frame('after the revoke')
    await http.toEnd()
    expect(http.flv.frames).toEqual(['first'])
    for (const { id } of sessions.list()) sessions.kick(id)
    source.frame('after the kick')
    expect(await ws.closed).toEqual({ code: 1008, reason: 'kicked' })
    expect(ws.flv.frames).toEqual(['first', 'after the revoke'])
  })

  it('is seen when the client goes away', async () => {
    const { hub, url, wsUrl, mint, sessions, entries } = await aHttpHouse()
    new LiveSource(hub)
    const http = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    const ws = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    await Promise.all([http.until('first'), ws.until('first')])
    await http.leave()
    ws.socket.terminate()
    await eventually(() => (sessions.list().length === 0 ? true : undefined))
    expect(entries.filter(({ event }) => event === 'end').map(({ code }) => code)).toEqual(['lost', 'lost'])
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
  })

  it('may be undone within reconnect-grace by the same token', async () => {
    const { hub, url, mint, set, sessions } = await aHttpHouse()
    await set('reconnect-grace', '30s')
    new LiveSource(hub)
    const address = `${url}/LiveApp/cam.flv?token=${await mint()}`
    const first = await HttpPlayer.open(address)
    await first.until('first')
    await first.leave()
    await eventually(() => (sessions.list().length === 0 ? true : undefined))
    const second = await HttpPlayer.open(address)
    await second.until('first')
    const third = await HttpPlayer.open(address)
    await third.until('first')
    await second.toEnd()
    expect(sessions.list()).toHaveLength(1)
  })
})
