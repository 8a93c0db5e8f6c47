import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../../src/server/rest/table.ts'
import { noteSecrets } from '../../support/leaks.ts'
import { codeOf, PASSWORD, type PanelClient, panelOfFile } from '../../support/panel-house.ts'

const house = panelOfFile()
const LATER = 4_000_000_000
const MINT = `/LiveApp/rest/v2/broadcasts/cam/token?expireDate=${LATER}&type=play`
const SETTINGS = '/rest/v2/applications/settings/LiveApp'
/** Comes from elsewhere, so that its address admits it to nothing. */
const REMOTE = { 'X-Forwarded-For': '203.0.113.9', 'User-Agent': 'curl/8.0' }
const BROWSER = { 'X-Forwarded-For': '203.0.113.9', 'User-Agent': 'Mozilla/5.0 (X11)' }

/** What a script for Ant Media Server does: it logs in, and sends the cookie from then on. */
async function aScript(name = 'admin', path = '/rest/v2/users/authenticate'): Promise<PanelClient> {
  const script = house().browser()
  const answer = await script.post(path, { email: name, password: PASSWORD }, REMOTE)
  expect([answer.status, answer.body]).toEqual([200, { success: true, message: '', dataId: '', errorId: 0 }])
  return script
}

describe('a script for Ant Media Server from anywhere', () => {
  it.each(['/rest/v2/users/authenticate', '/ConsoleApp/rest/authenticateUser'])(
    'logs in at %s, mints, and logs out',
    async (path) => {
      const stranger = await house().browser().ask(MINT, { headers: REMOTE })
      expect([stranger.status, codeOf(stranger)]).toEqual([403, 'ACCESS_DENIED'])
      const script = await aScript('admin', path)
      const status = await script.ask('/rest/v2/authentication-status', { headers: REMOTE })
      expect(status.body).toMatchObject({ success: true, message: 'ADMIN' })
      const minted = await script.ask(MINT, { headers: REMOTE })
      expect([minted.status, minted.body]).toMatchObject([200, { streamId: 'cam', type: 'play', expireDate: LATER }])
      const [entry] = (await house().admin.call('recentAudit', { limit: 1 })) as [{ by: string }]
      expect(entry).toMatchObject({ event: 'mint', by: 'user:admin', streamId: 'cam' })
      const out = await script.ask('/rest/v2/users/logout', { method: 'DELETE', headers: REMOTE })
      expect(out.body).toMatchObject({ success: true })
      const status2 = await script.ask('/rest/v2/authentication-status', { headers: REMOTE })
      expect(status2.body).toMatchObject({ success: false })
    },
  )

  it('is told of a wrong password as by AMS', async () => {
    const answer = await house().browser().post('/rest/v2/users/authenticate', { email: 'x', password: 'y' }, REMOTE)
    expect([answer.status, answer.body]).toMatchObject([200, { success: false, message: 'wrong name or password' }])
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  it('reaches the REST of an app by /rest/v2/request as well, however it writes the query', async () => {
    const script = await aScript()
    const query = `expireDate=${LATER}&type=play`
    const path = 'LiveApp/rest/v2/broadcasts/cam/token'
    for (const target of [
      `_path=${path}&${query}`,
      `_path=${encodeURIComponent(`${path}?${query}`)}`,
      `_path=/${path}&${query}`,
    ]) {
      const answer = await script.ask(`/rest/v2/request?${target}`, { headers: REMOTE })
      expect([answer.status, answer.body], target).toMatchObject([200, { streamId: 'cam' }])
    }
    const body = { tokenId: 'T'.repeat(32), streamId: 'cam', type: 'play' }
    const validate = await script.post('/rest/v2/request?_path=LiveApp/rest/v2/broadcasts/validate-token', body, REMOTE)
    expect([validate.status, validate.body]).toMatchObject([200, { success: false }])
  })

  it.each([
    'LiveApp/rest/../../panel',
    'LiveApp/streams/cam.mp4',
    'panel/api/session',
    'rest/v2/request?_path=LiveApp/rest/x',
    'Nowhere/rest/v2/broadcasts/cam/token',
    'http://evil.test/LiveApp/rest/',
    '%00',
    '',
  ])('reaches nothing else there: %s', async (path) => {
    const script = await aScript()
    const answer = await script.ask(`/rest/v2/request?_path=${encodeURIComponent(path)}`, { headers: REMOTE })
    expect([answer.status, codeOf(answer)]).toEqual([404, 'NOT_FOUND'])
  })

  it('gains nothing by it without a login', async () => {
    const path = `/rest/v2/request?_path=${MINT.slice(1).replace('?', '&')}`
    const answer = await house().browser().ask(path, { headers: REMOTE })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'ACCESS_DENIED'])
  })

  it('makes no first user where there is one', async () => {
    const answer = await house().browser().post('/rest/v2/users/initial', { email: 'other', password: PASSWORD })
    expect([answer.status, codeOf(answer)]).toEqual([409, 'USER_EXISTS'])
  })
})

it('an address that is not allowed gets nothing without a login, and mints with one', async () => {
  const { admin, port } = house()
  await admin.call('setSetting', { name: 'rest-allowed-cidr', value: '127.0.0.1' })
  const script = await aScript()
  const from = async (localAddress: string, headers: Record<string, string> = {}) => {
    const asked = request({ host: '127.0.0.1', port, path: MINT, localAddress, headers, agent: false }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const body = await text(answer)
    noteSecrets(body)
    return [answer.statusCode, JSON.parse(body).streamId ?? JSON.parse(body).error.code]
  }
  expect(await from('127.0.0.1')).toEqual([200, 'cam'])
  expect(await from('127.0.0.2')).toEqual([403, 'ACCESS_DENIED'])
  expect(await from('127.0.0.2', { Cookie: `amsctl_login=${'A'.repeat(43)}` })).toEqual([403, 'ACCESS_DENIED'])
  expect(await from('127.0.0.2', { Cookie: script.cookie ?? '' })).toEqual([200, 'cam'])
  await admin.call('setSetting', { name: 'rest-allowed-cidr', value: '127.0.0.0/8,::1/128' })
})

describe('a browser that is logged in', () => {
  it.each([
    ['its name', BROWSER],
    ['an Origin', { ...REMOTE, Origin: 'http://evil.test' }],
    ['its own Origin', { ...REMOTE, Origin: 'self' }],
    ['a Referer', { ...REMOTE, Referer: 'http://evil.test/' }],
    ['Sec-Fetch-Site', { ...REMOTE, 'Sec-Fetch-Site': 'same-origin' }],
    ['the address bar', { ...REMOTE, 'Sec-Fetch-Site': 'none' }],
    ['a wrong CSRF token', { ...REMOTE, 'X-CSRF-Token': 'A'.repeat(43) }],
  ])('mints by no request without the CSRF token, being known by %s', async (_what, headers) => {
    const { admin, url } = house()
    const sent = 'Origin' in headers && headers.Origin === 'self' ? { ...headers, Origin: url } : headers
    const answer = await admin.ask(MINT, { headers: sent })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'ACCESS_DENIED'])
  })

  it('is told where the CSRF token is, as scripts of PowerShell, which call themselves Mozilla, must be', async () => {
    const script = await aScript()
    const headers = { ...REMOTE, 'User-Agent': 'Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1' }
    const refused = await script.ask(MINT, { headers })
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('GET /panel/api/session tells')])
    const { csrf } = await script.session()
    expect((await script.ask(MINT, { headers: { ...headers, 'X-CSRF-Token': csrf ?? '' } })).status).toBe(200)
  })

  it('mints with it, but not for a page of another site', async () => {
    const { admin, url } = house()
    const csrf = { 'X-CSRF-Token': admin.csrf ?? '' }
    const own = { ...BROWSER, ...csrf, Origin: url, 'Sec-Fetch-Site': 'same-origin' }
    expect((await admin.ask(MINT, { headers: own })).status).toBe(200)
    for (const foreign of [{ Origin: 'http://evil.test' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      expect((await admin.ask(MINT, { headers: { ...own, ...foreign } })).status).toBe(403)
    }
  })
})

it.each([
  ...ROUTES.flatMap(({ methods, path, reading }) =>
    methods.map((method) => [String(method), `/LiveApp/rest${path}`, reading ? 200 : 403] as const),
  ),
  ['GET', SETTINGS, 200],
  ['POST', SETTINGS, 403],
  ['GET', '/ConsoleApp/rest/getSettings/LiveApp', 200],
  ['POST', '/ConsoleApp/rest/changeSettings/LiveApp', 403],
] as const)('a viewer only reads: %s %s is answered with %i', async (method, path, status) => {
  const viewer = await watcher()
  const url = path.replace(':id', 'cam').replace(':offset/:size', '0/10')
  const body = method === 'POST' && JSON.stringify({ tokenId: 'T'.repeat(32), streamId: 'cam', type: 'play' })
  const headers = { ...REMOTE, 'Content-Type': 'application/json' }
  const answer = await viewer.ask(`${url}?id=cam&type=play&expireDate=${LATER}`, {
    method,
    headers,
    ...(body && { body }),
  })
  expect(answer.status).toBe(status)
  if (status === 403) expect(codeOf(answer)).toBe('ACCESS_DENIED')
})

let watching: Promise<PanelClient> | undefined

/** A script in the name of a viewer, one for all: each login takes a while. */
function watcher(): Promise<PanelClient> {
  watching ??= house()
    .loggedIn('watcher', 'viewer')
    .then(() => aScript('watcher'))
  return watching
}
