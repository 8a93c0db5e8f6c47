import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, it } from 'vitest'
import { parseSetting, readSettings } from '../../../src/domain/settings.ts'
import type { Caller } from '../../../src/server/http/caller.ts'
import { judgeCaller, type Keepers } from '../../../src/server/rest/access.ts'

const KEY = 'the-api-key'

const nobodyAsks: Keepers = {
  authenticateApiKey: async () => {
    throw new Error('no key was shown')
  },
}
const knowsTheKey: Keepers = {
  authenticateApiKey: async (secret) =>
    secret === KEY ? { id: 'ak_0' } : { ok: false, code: 'ACCESS_DENIED', message: 'unknown API key' },
}

function aCaller(peer: string, headers: IncomingHttpHeaders = {}, encrypted = false): Caller {
  return { peer, headers: { host: '127.0.0.1:5080', ...headers }, encrypted, httpVersion: '1.1' }
}

const PROXIED = { 'x-forwarded-for': '127.0.0.1' }
const VIA_PROXY = { 'trusted-proxies': '127.0.0.1,10.0.0.0/8' }
const PUBLIC = { 'public-url': 'https://live.example.org' }
const NEAR = { ...PUBLIC, 'rest-allowed-cidr': '192.0.2.0/24' }

type Row = readonly [what: string, caller: Caller, settings: Record<string, string>]

const ADMITTED: readonly Row[] = [
  ['loopback', aCaller('127.0.0.1'), {}],
  ['all of 127/8', aCaller('127.1.2.3'), {}],
  ['loopback of IPv6', aCaller('::1'), {}],
  ['loopback mapped into IPv6', aCaller('::ffff:127.0.0.1'), {}],
  ['an address that is allowed', aCaller('192.0.2.7'), { 'rest-allowed-cidr': '192.0.2.0/24' }],
  ['localhost with a port', aCaller('127.0.0.1', { host: 'localhost:5080' }), {}],
  ['localhost in capitals', aCaller('127.0.0.1', { host: 'LOCALHOST' }), {}],
  ['an address of IPv6 as Host', aCaller('::1', { host: '[::1]:5080' }), {}],
  ['the host of public-url', aCaller('192.0.2.7', { host: 'live.example.org' }), NEAR],
  ['the host of public-url with a port', aCaller('192.0.2.7', { host: 'live.example.org:5443' }), NEAR],
  [
    'the host of public-url, by a trusted proxy',
    aCaller('127.0.0.1', { host: 'live.example.org', 'x-forwarded-for': '192.0.2.7' }),
    { ...NEAR, ...VIA_PROXY },
  ],
  ['a page of our own', aCaller('127.0.0.1', { origin: 'http://127.0.0.1:5080', 'sec-fetch-site': 'same-origin' }), {}],
  ['a page of public-url', aCaller('127.0.0.1', { origin: 'https://live.example.org' }), PUBLIC],
  ['the address bar', aCaller('127.0.0.1', { 'sec-fetch-site': 'none' }), {}],
  ['a trusted proxy that tells of loopback', aCaller('127.0.0.1', PROXIED), VIA_PROXY],
  ['the same by HTTP/1.0', { ...aCaller('127.0.0.1', PROXIED), httpVersion: '1.0' }, VIA_PROXY],
  [
    'two trusted proxies and an allowed client',
    aCaller('10.0.0.1', { 'x-forwarded-for': '203.0.113.9, 192.0.2.7, 10.0.0.2', via: '1.1 front' }),
    { ...VIA_PROXY, 'rest-allowed-cidr': '192.0.2.7' },
  ],
  [
    'anybody where access is open',
    aCaller('203.0.113.9', { host: 'evil.test', origin: 'http://evil.test' }),
    { 'rest-access': 'open' },
  ],
]

const REFUSED: readonly Row[] = [
  ['any other address', aCaller('203.0.113.9'), {}],
  ['loopback where nobody is allowed', aCaller('127.0.0.1'), { 'rest-allowed-cidr': '' }],
  ['loopback of IPv6 where only IPv4 is allowed', aCaller('::1'), { 'rest-allowed-cidr': '127.0.0.0/8' }],
  ['no address', aCaller(''), {}],
  ['HTTP/1.0, as nginx speaks it by itself', { ...aCaller('127.0.0.1'), httpVersion: '1.0' }, {}],
  ['X-Forwarded-For', aCaller('127.0.0.1', PROXIED), {}],
  ['X-Forwarded-Proto', aCaller('127.0.0.1', { 'x-forwarded-proto': 'https' }), {}],
  ['Forwarded', aCaller('127.0.0.1', { forwarded: 'for=127.0.0.1' }), {}],
  ['X-Real-IP', aCaller('127.0.0.1', { 'x-real-ip': '127.0.0.1' }), {}],
  ['Via', aCaller('127.0.0.1', { via: '1.1 proxy' }), {}],
  ['a proxy that is not trusted', aCaller('192.0.2.1', PROXIED), { ...VIA_PROXY, 'rest-allowed-cidr': '0.0.0.0/0' }],
  ['a trusted proxy that names a stranger', aCaller('127.0.0.1', { 'x-forwarded-for': '203.0.113.9' }), VIA_PROXY],
  [
    'a trusted proxy whose client claims to be loopback',
    aCaller('127.0.0.1', { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }),
    VIA_PROXY,
  ],
  ['a trusted proxy that names nothing readable', aCaller('127.0.0.1', { 'x-forwarded-for': 'unknown' }), VIA_PROXY],
  ['a trusted proxy that leaves out whom', aCaller('127.0.0.1', { 'x-forwarded-for': '' }), VIA_PROXY],
  ['a trusted proxy that names nobody', aCaller('127.0.0.1', { via: '1.1 proxy' }), VIA_PROXY],
  ['a name as Host', aCaller('127.0.0.1', { host: 'rebound.test:5080' }), {}],
  ['a name that begins like localhost', aCaller('127.0.0.1', { host: 'localhost.rebound.test' }), {}],
  ['a name that begins like an address', aCaller('127.0.0.1', { host: '127.0.0.1.rebound.test' }), {}],
  ['a part of public-url', aCaller('127.0.0.1', { host: 'example.org' }), PUBLIC],
  ['a user in the Host', aCaller('127.0.0.1', { host: 'rebound.test@127.0.0.1' }), {}],
  ['no Host', { ...aCaller('127.0.0.1'), headers: {} }, {}],
  ['a proxy here that hands on nothing but the Host', aCaller('127.0.0.1', { host: 'live.example.org' }), PUBLIC],
  ['a proxy here that was called by its address', aCaller('::1', { host: '203.0.113.5' }), {}],
  ['a page of another site', aCaller('127.0.0.1', { origin: 'http://evil.test' }), {}],
  ['a page from a file', aCaller('127.0.0.1', { origin: 'null' }), {}],
  ['a page on another port', aCaller('127.0.0.1', { origin: 'http://127.0.0.1:3000' }), {}],
  ['a page without TLS calling one with', aCaller('127.0.0.1', { origin: 'http://127.0.0.1:5080' }, true), {}],
  ['an image of another site', aCaller('127.0.0.1', { 'sec-fetch-site': 'cross-site' }), {}],
  ['an image of another port', aCaller('127.0.0.1', { 'sec-fetch-site': 'same-site' }), {}],
]

function settingsOf(changes: Record<string, string>) {
  for (const [name, value] of Object.entries(changes)) parseSetting(name as never, value)
  return readSettings(changes)
}

describe('the REST API by address alone', () => {
  it.each(ADMITTED)('admits %s', async (_what, caller, settings) => {
    expect(await judgeCaller(caller, settingsOf(settings), nobodyAsks)).toMatchObject({ ok: true, by: 'rest' })
  })

  it.each(REFUSED)('refuses %s', async (_what, caller, settings) => {
    const verdict = await judgeCaller(caller, settingsOf(settings), nobodyAsks)
    expect(verdict).toMatchObject({ ok: false, code: 'ACCESS_DENIED' })
  })

  it('knows the client behind a trusted proxy', async () => {
    const caller = aCaller('127.0.0.1', { 'x-forwarded-for': '198.51.100.1, 192.0.2.7' })
    const settings = settingsOf({ ...VIA_PROXY, 'rest-allowed-cidr': '192.0.2.0/24' })
    expect(await judgeCaller(caller, settings, nobodyAsks)).toEqual({
      ok: true,
      by: 'rest',
      address: '192.0.2.7',
    })
  })
})

describe('the REST API by API key', () => {
  it.each([...ADMITTED, ...REFUSED])('admits %s', async (_what, anybody, settings) => {
    const caller = { ...anybody, headers: { ...anybody.headers, authorization: `Bearer ${KEY}` } }
    expect(await judgeCaller(caller, settingsOf(settings), knowsTheKey)).toMatchObject({ ok: true, by: 'ak_0' })
  })

  it.each(ADMITTED)('refuses a wrong key, even of %s', async (_what, anybody, settings) => {
    const caller = { ...anybody, headers: { ...anybody.headers, authorization: 'Bearer wrong' } }
    const verdict = await judgeCaller(caller, settingsOf(settings), knowsTheKey)
    expect(verdict).toMatchObject({ ok: false, code: 'ACCESS_DENIED' })
  })

  it('does not take another scheme for a key', async () => {
    const caller = aCaller('127.0.0.1', { authorization: 'Basic dTpw' })
    expect(await judgeCaller(caller, settingsOf({}), nobodyAsks)).toMatchObject({ ok: true, by: 'rest' })
  })
})
