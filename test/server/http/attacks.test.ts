import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse, type HttpHouse, HttpPlayer, WsPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { RawClient } from '../../support/raw-client.ts'

const MIB = 1024 * 1024

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
const upgrade = (path: string) =>
  get(path).replace(
    '\r\n\r\n',
    '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )

async function stateOf({ operations }: HttpHouse, token: string): Promise<string> {
  return (await operations.showToken(token)).state
}

describe('a request behind a stream on the same connection', () => {
  it.each([
    ['another stream', (token: string) => get(`/LiveApp/other.flv?token=${token}`)],
    ['a WebSocket', (token: string) => upgrade(`/LiveApp/other.flv?token=${token}`)],
    [
      'a REST call that spends',
      (token: string) => {
        const body = JSON.stringify({ tokenId: token, streamId: 'other', type: 'play' })
        const head = `POST /LiveApp/rest/v2/broadcasts/validate-token HTTP/1.1\r\nHost: 127.0.0.1\r\n`
        return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
      },
    ],
  ])('cuts the connection and is not served: %s', async (_what, second) => {
    const house = await aHttpHouse()
    const { hub, port, mint } = house
    new LiveSource(hub, 'cam')
    const other = new LiveSource(hub, 'other')
    for (const together of [true, false]) {
      const ahead = await mint()
      const behind = await mint({ streamId: 'other' })
      const client = await RawClient.to(port)
      if (together) client.send(get(`/LiveApp/cam.flv?token=${ahead}`) + second(behind))
      else {
        client.send(get(`/LiveApp/cam.flv?token=${ahead}`))
        await client.receives('first')
        client.send(second(behind))
      }
      const text = await client.closed()
      other.frame('not for this viewer')
      expect(text.match(/HTTP\/1\.1/g)?.length ?? 0).toBe(together ? 0 : 1)
      expect(await stateOf(house, ahead)).toBe(together ? 'active' : 'used')
      expect(await stateOf(house, behind)).toBe('active')
      expect(hub.list().map(({ viewers }) => viewers)).toEqual([0, 0])
    }
  })

  it('waits for no stream that would come in front of an unanswered one', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const token = await house.mint()
    const client = await RawClient.to(house.port)
    client.send(get('/healthz') + get(`/LiveApp/cam.flv?token=${token}`))
    const text = await client.closed()
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*HTTP\/1\.1 400 Bad Request\r\n/)
    expect(await stateOf(house, token)).toBe('active')
  })
})

describe('one token, asked for many times at once', () => {
  it('opens one stream, over HTTP, WebSocket and REST together', async () => {
    const { hub, url, wsUrl, mint, sessions } = await aHttpHouse()
    new LiveSource(hub)
    const token = await mint()
    const path = `/LiveApp/streams/cam.flv?token=${token}`
    const yes = () => 1
    const no = () => 0
    const http = () => HttpPlayer.open(url + path).then(yes, no)
    const ws = () => WsPlayer.open(wsUrl + path).then(yes, no)
    const rest = async () => {
      const body = JSON.stringify({ tokenId: token, streamId: 'cam', type: 'play' })
      const answer = await fetch(`${url}/LiveApp/rest/v2/broadcasts/validate-token`, { method: 'POST', body })
      return ((await answer.json()) as { success: boolean }).success ? 1 : 0
    }
    const attempts = Array.from({ length: 99 }, (_, n) => [http, ws, rest][n % 3]?.() ?? 0)
    const opened = (await Promise.all(attempts)).reduce((sum, one) => sum + one, 0)
    expect(opened).toBe(1)
    expect(sessions.list().length).toBeLessThanOrEqual(1)
    expect(await fetch(url + path).then(({ status }) => status)).toBe(403)
  })
})

describe('a viewer that never reads', () => {
  it('is let go over HTTP and WebSocket, and costs the others nothing', async () => {
    const { hub, url, port, mint, sessions, entries } = await aHttpHouse()
    const source = new LiveSource(hub)
    for (const ask of [get, upgrade]) {
      const slow = await RawClient.to(port)
      slow.socket.pause()
      slow.send(ask(`/LiveApp/cam.flv?token=${await mint()}`))
    }
    const reader = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    await eventually(() => (sessions.list().length === 3 ? true : undefined))
    source.frame('large', { size: 15 * MIB })
    await reader.until('large')
    source.frame('one more')
    await reader.until('one more')
    expect(sessions.list()).toHaveLength(1)
    expect(entries.filter(({ event }) => event === 'end').map(({ code }) => code)).toEqual(['lost', 'lost'])
    expect(hub.list()).toMatchObject([{ viewers: 1 }])
  })
})

describe('the address of a viewer', () => {
  it.each([
    ['of the connection, whatever it claims', '', '127.0.0.1/32', '203.0.113.7', 200],
    ['of the connection, whatever it claims (2)', '', '203.0.113.7', '203.0.113.7', 403],
    ['told by a trusted proxy', '127.0.0.1', '203.0.113.7', '203.0.113.7', 200],
    [
      'the right-most that no trusted proxy has',
      '127.0.0.1,10.0.0.0/8',
      '203.0.113.7',
      '198.51.100.1, 203.0.113.7, 10.1.1.1',
      200,
    ],
    ['never one that the client wrote itself', '127.0.0.1', '198.51.100.1', '198.51.100.1, 203.0.113.7', 403],
  ])('is %s', async (_what, trusted, ip, forwardedFor, status) => {
    const { hub, url, mint, set } = await aHttpHouse()
    await set('trusted-proxies', trusted)
    new LiveSource(hub)
    const headers = { 'X-Forwarded-For': forwardedFor }
    const response = await fetch(`${url}/LiveApp/cam.flv?token=${await mint({ ip })}`, { headers })
    expect(response.status).toBe(status)
    await response.body?.cancel()
  })
})

describe('guessing', () => {
  it('gets 429 with Retry-After, and a valid token from the same address is still served', async () => {
    const { hub, url, mint, set } = await aHttpHouse()
    await set('guess-limit', '3')
    new LiveSource(hub)
    const answers: Response[] = []
    for (const guess of ['a', 'b', 'c', 'd']) answers.push(await fetch(`${url}/LiveApp/cam.flv?token=${guess}`))
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 429])
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0)
    await (await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)).until('first')
  })
})
