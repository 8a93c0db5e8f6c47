import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { aHttpHouse, type HttpHouse, HttpPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { heldMemory } from '../../support/measure.ts'
import { RawClient } from '../../support/raw-client.ts'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const VERSION = 'Sec-WebSocket-Version: 13'
const REST = '/LiveApp/rest/v2/broadcasts/validate-token'

/** A status of HTTP, any of them, a connection closed without a word, or one that is left waiting. */
type Fate = number | 'answered' | 'closed' | 'waits'

function request(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '\r\n'].join('\r\n')
}

function upgrade(path: string, ...headers: string[]): string {
  return request(`GET ${path}`, 'Connection: Upgrade', 'Upgrade: websocket', ...headers)
}

const PAYLOADS: readonly (readonly [what: string, payload: string, fate: Fate])[] = [
  ['binary', '\x00\x01\x02\xff\r\n\r\n', 400],
  ['random bytes', `${randomBytes(4096).toString('latin1')}\r\n\r\n`, 400],
  ['an RTMP handshake', `\x03${randomBytes(1536).toString('latin1')}`, 400],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a line without a target', 'GET\r\n\r\n', 400],
  ['an unknown method', request('STEAL /LiveApp/cam.flv'), 400],
  ['a version from the future', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['lines ended by LF alone', 'GET /healthz HTTP/1.1\nHost: x\n\n', 400],
  // Older parsers of Node bear it.
  ['a space before the colon', request('GET /healthz', 'X-A : b'), 'answered'],
  ['a NUL in a header', request('GET /healthz', 'X-A: b\x00c'), 400],
  ['a line break inside a header', request('GET /healthz', 'X-A: b\rTransfer-Encoding: chunked'), 400],
  ['a header of 64 KiB', request('GET /healthz', `X-A: ${'a'.repeat(65_536)}`), 400],
  ['ten thousand headers', request('GET /healthz', ...Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`)), 400],
  ['a target of 100 KB', request(`GET /${'a'.repeat(100_000)}`), 400],
  ['length and chunks together', request(`POST ${REST}`, 'Content-Length: 4', 'Transfer-Encoding: chunked'), 400],
  ['two lengths', request(`POST ${REST}`, 'Content-Length: 4', 'Content-Length: 5'), 400],
  ['a negative length', request(`POST ${REST}`, 'Content-Length: -1'), 400],
  ['a length that overflows', request(`POST ${REST}`, `Content-Length: ${'9'.repeat(40)}`), 400],
  ['a transfer coding that hides', `${request(`POST ${REST}`, 'Transfer-Encoding: xchunked')}0\r\n\r\n`, 'closed'],
  ['chunked twice', request(`POST ${REST}`, 'Transfer-Encoding: chunked, identity'), 400],
  [
    'a chunk size that overflows',
    `${request(`POST ${REST}`, 'Transfer-Encoding: chunked')}ffffffffffffffffff\r\n`,
    'closed',
  ],
  ['a chunk size that is none', `${request(`POST ${REST}`, 'Transfer-Encoding: chunked')}zz\r\n`, 'closed'],
  ['a body of a megabyte', `${request(`POST ${REST}`, 'Content-Length: 1000000')}${'{'.repeat(1_000_000)}`, 413],
  ['JSON nested 30,000 deep', `${request(`POST ${REST}`, 'Content-Length: 30000')}${'['.repeat(30_000)}`, 400],
  ['a prototype in JSON', `${request(`POST ${REST}`, 'Content-Length: 35')}{"__proto__":{"tokenId":"x"},"a":1}`, 200],
  [
    'a request hidden in the body of a GET',
    `${request('GET /LiveApp/cam.flv', 'Content-Length: 30')}GET /healthz HTTP/1.1\r\n\r\n`,
    400,
  ],
  ['a chunked body on HEAD', request('HEAD /LiveApp/cam.flv', 'Transfer-Encoding: chunked'), 400],
  ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n', 'closed'],
  ['TRACE', request('TRACE /healthz'), 404],
  ['an asterisk', request('OPTIONS *'), 404],
  ['an expectation that nobody has', request('GET /healthz', 'Expect: miracles'), 417],
  ['a cut percent encoding', request('GET /LiveApp/streams/%E0%A4%A.flv'), 404],
  ['a wrong percent encoding', request('GET /%zz/rest/broadcast/getToken'), 400],
  ['encoded slashes', request('GET /LiveApp%2Fstreams%2Fcam.flv'), 404],
  ['an encoded way up', request('GET /LiveApp/streams/..%2Fcam.flv'), 400],
  ['a way up', request('GET /LiveApp/streams/../../../../etc/passwd'), 404],
  ['dots encoded', request('GET /LiveApp/streams/%2e%2e/cam.flv'), 404],
  ['a NUL in the name', request('GET /LiveApp/streams/cam%00.flv'), 400],
  ['raw bytes in the name', request('GET /LiveApp/streams/\xff\xfe.flv'), 400],
  ['an overlong encoding', request('GET /LiveApp/streams/%C0%AE%C0%AE.flv'), 404],
  ['a name of 5,000', request(`GET /LiveApp/streams/${'a'.repeat(5000)}.flv`), 400],
  ['no name', request('GET /LiveApp/streams/.flv'), 400],
  ['a path parameter', request('GET /LiveApp/streams/cam.flv;token=x'), 404],
  ['a prototype as app', request('GET /__proto__/toString.flv'), 404],
  ['a constructor as app', request('GET /constructor/rest/broadcast/getToken'), 404],
  ['three thousand tokens', request(`GET /LiveApp/cam.flv?${'token=a&'.repeat(1900)}`), 403],
  ['a token and a session', request('GET /LiveApp/cam.flv?token=a&session=b'), 403],
  ['half a head', 'GET /LiveApp/cam.flv HTTP/1.1\r\nHost: ', 'waits'],
  ['half a body', `${request(`POST ${REST}`, 'Content-Length: 100')}{`, 'waits'],
  ['nothing', '', 'waits'],
  ['an upgrade of nothing', upgrade('/', KEY, VERSION), 404],
  ['an upgrade without a key', upgrade('/LiveApp/cam.flv', VERSION), 400],
  ['an upgrade with a short key', upgrade('/LiveApp/cam.flv', 'Sec-WebSocket-Key: abc', VERSION), 400],
  ['an upgrade of version 99', upgrade('/LiveApp/cam.flv', KEY, 'Sec-WebSocket-Version: 99'), 400],
  ['an upgrade with a wrong protocol', upgrade('/LiveApp/cam.flv', KEY, VERSION, 'Sec-WebSocket-Protocol: ,,;'), 400],
  ['an upgrade with POST', upgrade('/LiveApp/cam.flv', KEY, VERSION).replace('GET', 'POST'), 400],
  ['an upgrade to an unknown app', upgrade('/Nowhere/cam.flv', KEY, VERSION), 404],
  ['an upgrade to what cannot be a stream', upgrade('/LiveApp/a%20b.flv', KEY, VERSION), 400],
  ['an upgrade without a token', upgrade('/LiveApp/cam.flv', KEY, VERSION), 401],
  ['an upgrade behind a request', request('GET /healthz') + upgrade('/LiveApp/cam.flv', KEY, VERSION), 'closed'],
  [
    'an upgrade to two protocols',
    request('GET /LiveApp/cam.flv', 'Connection: Upgrade', 'Upgrade: websocket, h2c'),
    401,
  ],
]

/** A frame as a client must send it, its payload masked with zeroes. */
function frame(first: number, payload: string | Buffer, { masked = true, length = payload.length } = {}): Buffer {
  const mask = masked ? 0x80 : 0
  const size = length < 126 ? [mask | length] : [mask | 126, length >> 8, length & 0xff]
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  return Buffer.concat([Buffer.from([first, ...size, ...(masked ? [0, 0, 0, 0] : [])]), body])
}

const FRAMES: readonly (readonly [what: string, frames: Buffer, closeCode: number])[] = [
  ['an unmasked frame', frame(0x81, 'hello', { masked: false }), 1002],
  ['a reserved bit', frame(0xc1, 'hello'), 1002],
  ['all reserved bits', frame(0xf2, 'hello'), 1002],
  ['a reserved opcode', frame(0x83, 'hello'), 1002],
  ['a reserved control opcode', frame(0x8b, ''), 1002],
  ['a fragmented ping', frame(0x09, 'hello'), 1002],
  ['a ping of 200', frame(0x89, 'a'.repeat(200)), 1002],
  ['a continuation of nothing', frame(0x80, 'hello'), 1002],
  ['a message inside a message', Buffer.concat([frame(0x01, 'a'), frame(0x81, 'b')]), 1002],
  ['a close of one byte', frame(0x88, 'a'), 1002],
  ['a close with a code that is none', frame(0x88, '\x03\xed'), 1002],
  ['a close with a reason that is no text', frame(0x88, '\x03\xe8\xff\xfe'), 1007],
  ['a text that is none', frame(0x81, '\xff\xfe'), 1007],
  ['a message of 60,000', frame(0x82, 'a'.repeat(60_000)), 1009],
  ['a message of 2^63', Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), 1009],
  ['a message that never ends', Buffer.concat([frame(0x02, 'a'), ...Array(5000).fill(frame(0x00, 'aaaa'))]), 1009],
]

async function aLiveHouse(): Promise<HttpHouse> {
  const house = await aHttpHouse()
  new LiveSource(house.hub)
  return house
}

async function servesAnHonestClient({ url, mint }: HttpHouse): Promise<void> {
  await (await HttpPlayer.open(`${url}/LiveApp/streams/cam.flv?token=${await mint()}`)).until('first')
}

describe('after hostile bytes the server goes on', () => {
  it.each(PAYLOADS)('%s', async (_what, payload, fate) => {
    const house = await aLiveHouse()
    const client = await RawClient.to(house.port)
    client.send(payload)
    if (fate === 'closed') expect(await client.closed()).toBe('')
    else if (fate === 'answered') await client.receives('HTTP/1.1 ')
    else if (fate !== 'waits') await client.receives(`HTTP/1.1 ${fate} `)
    await servesAnHonestClient(house)
    if (fate === 'waits') expect(client.text).toBe('')
    expect(client.text).not.toContain('FLV')
    // It must go on also for those who leave in the middle.
    client.socket.resetAndDestroy()
    await servesAnHonestClient(house)
  })

  it.each(FRAMES)('in a WebSocket: %s', async (_what, frames, closeCode) => {
    const house = await aLiveHouse()
    const client = await RawClient.to(house.port)
    client.send(upgrade(`/LiveApp/cam.flv?token=${await house.mint()}`, KEY, VERSION))
    await client.receives('first')
    client.send(frames)
    await client.closed()
    expect([...client.received.subarray(-4)]).toEqual([0x88, 2, closeCode >> 8, closeCode & 0xff])
    await servesAnHonestClient(house)
  })

  it('in a WebSocket: frames that come with the handshake', async () => {
    const house = await aLiveHouse()
    const client = await RawClient.to(house.port)
    const handshake = Buffer.from(upgrade(`/LiveApp/cam.flv?token=${await house.mint()}`, KEY, VERSION))
    client.send(Buffer.concat([handshake, frame(0xff, 'nonsense'), randomBytes(1000)]))
    await client.receives('first')
    await servesAnHonestClient(house)
  })

  it('in a WebSocket: a flood of pings from one who does not read', async () => {
    const house = await aLiveHouse()
    const client = await RawClient.to(house.port)
    client.socket.pause()
    client.send(upgrade(`/LiveApp/cam.flv?token=${await house.mint()}`, KEY, VERSION))
    const before = await heldMemory()
    const flood = Buffer.concat(Array(1000).fill(frame(0x89, 'a'.repeat(125))))
    for (let n = 0; n < 200; n++) {
      client.send(flood)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await servesAnHonestClient(house)
    expect((await heldMemory()) - before).toBeLessThan(60 * 1024 * 1024)
  })
})
