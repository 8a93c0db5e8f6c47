import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { aHttpHouse, type HttpHouse, HttpPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { describeWith } from '../../support/programs.ts'
import { NOW } from '../../support/tokens.ts'

const V1 = '/LiveApp/rest/broadcast'
const V2 = '/LiveApp/rest/v2/broadcasts'
const LATER = NOW + 3600
const INCOMPLETE = 'Define Stream ID, Token Type and Expire Date (unix time)'
const WRONG_TYPE = "Invalid token type. Supported types are 'play' and 'publish'"
const SECRET = /^[0-9A-Za-z]{32}$/

const refused = (message: unknown) => ({ success: false, message, dataId: '', errorId: 0 })

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

async function call({ url }: HttpHouse, method: string, path: string, body?: unknown): Promise<Answered> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
  const response = await fetch(url + path, { method, ...json })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

describe.each([
  ['v1', (id: string, query: string) => `${V1}/getToken?id=${id}&${query}`, 200],
  ['v2', (id: string, query: string) => `${V2}/${id}/token?${query}`, 400],
] as const)('minting, %s', (_version, mintPath, badStatus) => {
  it.each(['GET', 'POST'])('answers %s with a token that opens the stream once', async (method) => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const { status, headers, body } = await call(house, method, mintPath('cam', `expireDate=${LATER}&type=play`))
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(body).toEqual({
      tokenId: expect.stringMatching(SECRET),
      streamId: 'cam',
      expireDate: LATER,
      type: 'play',
      roomId: null,
    })
    const address = `${house.url}/LiveApp/cam.flv?token=${(body as { tokenId: string }).tokenId}`
    await (await HttpPlayer.open(address)).until('first')
    expect((await fetch(address)).status).toBe(403)
  })

  it.each(['play', 'publish'])('mints for %s', async (type) => {
    const house = await aHttpHouse()
    const { body } = await call(house, 'GET', mintPath('a.b-c_d', `expireDate=${LATER}&type=${type}`))
    expect(body).toMatchObject({ streamId: 'a.b-c_d', type })
  })

  it('accepts a past expireDate, as of a token that is never valid', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const { status, body } = await call(house, 'GET', mintPath('cam', 'expireDate=123232&type=play'))
    expect(status).toBe(200)
    const { tokenId } = body as { tokenId: string }
    const played = await fetch(`${house.url}/LiveApp/cam.flv?token=${tokenId}`)
    expect(await played.json()).toMatchObject({ error: { code: 'TOKEN_EXPIRED' } })
  })

  it.each([
    ['no expireDate', 'cam', 'type=play', INCOMPLETE],
    ['no type', 'cam', `expireDate=${LATER}`, INCOMPLETE],
    ['an expireDate of 0', 'cam', 'expireDate=0&type=play', INCOMPLETE],
    ['an expireDate that is no number', 'cam', 'expireDate=tomorrow&type=play', INCOMPLETE],
    ['a negative expireDate', 'cam', 'expireDate=-5&type=play', INCOMPLETE],
    ['another type', 'cam', `expireDate=${LATER}&type=watch`, WRONG_TYPE],
    ['a type in capitals', 'cam', `expireDate=${LATER}&type=Play`, WRONG_TYPE],
    ['milliseconds', 'cam', `expireDate=${LATER}000&type=play`, expect.stringContaining('milliseconds')],
    ['a glob', 'cam-*', `expireDate=${LATER}&type=play`, expect.stringContaining('is not a stream id')],
    ['a question mark', 'cam%3F', `expireDate=${LATER}&type=play`, expect.stringContaining('is not a stream id')],
    ['a space', 'my%20cam', `expireDate=${LATER}&type=play`, expect.stringContaining('is not a stream id')],
    ['a slash', 'a%2Fb', `expireDate=${LATER}&type=play`, expect.stringContaining('is not a stream id')],
  ])('refuses %s', async (_what, id, query, message) => {
    const house = await aHttpHouse()
    const { status, body } = await call(house, 'GET', mintPath(id, query))
    expect({ status, body }).toEqual({ status: badStatus, body: refused(message) })
    expect(await house.operations.listTokens({})).toEqual([])
  })

  it('lets HEAD mint nothing', async () => {
    const house = await aHttpHouse()
    expect((await call(house, 'HEAD', mintPath('cam', `expireDate=${LATER}&type=play`))).status).toBe(405)
    expect(await house.operations.listTokens({})).toEqual([])
  })
})

describe('minting, v1', () => {
  it('refuses a missing id', async () => {
    const house = await aHttpHouse()
    const { status, body } = await call(house, 'GET', `${V1}/getToken?expireDate=${LATER}&type=play`)
    expect({ status, body }).toEqual({ status: 200, body: refused(INCOMPLETE) })
  })
})

describe('validating', () => {
  it('answers v1 with the token, once', async () => {
    const house = await aHttpHouse()
    const question = { tokenId: await house.mint({ expireDate: LATER }), streamId: 'cam', type: 'play' }
    const first = await call(house, 'POST', `${V1}/validateToken`, question)
    expect(first).toMatchObject({ status: 200, body: { ...question, expireDate: LATER, roomId: null } })
    expect(first.headers.get('cache-control')).toBe('no-store')
    const second = await call(house, 'POST', `${V1}/validateToken`, question)
    expect({ status: second.status, body: second.body }).toEqual({ status: 204, body: undefined })
  })

  it('answers v2 with a Result, once, and the token opens nothing more', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const tokenId = await house.mint()
    const question = { tokenId, streamId: 'cam', type: 'play' }
    const first = await call(house, 'POST', `${V2}/validate-token`, question)
    expect(first).toMatchObject({ status: 200, body: { success: true, message: '', dataId: '', errorId: 0 } })
    const second = await call(house, 'POST', `${V2}/validate-token`, question)
    expect(second).toMatchObject({ status: 200, body: refused(expect.stringContaining('already used')) })
    expect((await fetch(`${house.url}/LiveApp/cam.flv?token=${tokenId}`)).status).toBe(403)
    expect(house.entries.filter(({ event }) => event === 'redeem')).toMatchObject([{ protocol: 'rest' }])
  })

  it('asks about the viewer and not about the caller: a bound token is judged on the rest', async () => {
    const house = await aHttpHouse()
    const tokenId = await house.mint({ ip: '203.0.113.7' })
    const question = { tokenId, streamId: 'cam', type: 'play' }
    expect((await call(house, 'POST', `${V2}/validate-token`, question)).body).toMatchObject({ success: true })
  })

  it('works while token control is off', async () => {
    const house = await aHttpHouse()
    await house.settings.setTokenControl(['play', 'publish'], false)
    const question = { tokenId: await house.mint(), streamId: 'cam', type: 'play' }
    expect((await call(house, 'POST', `${V2}/validate-token`, question)).body).toMatchObject({ success: true })
    expect((await call(house, 'POST', `${V2}/validate-token`, question)).body).toMatchObject({ success: false })
  })

  it('takes the id that was asked about where a glob opens it', async () => {
    const house = await aHttpHouse()
    const question = { tokenId: await house.mint({ streamId: 'cam-*' }), streamId: 'cam-1', type: 'play' }
    expect((await call(house, 'POST', `${V1}/validateToken`, question)).body).toMatchObject({ streamId: 'cam-1' })
  })

  it.each([
    ['another stream', { streamId: 'cam2' }],
    ['another type', { type: 'publish' }],
    ['a type in capitals', { type: 'PLAY' }],
    ['no type', { type: undefined }],
    ['no stream', { streamId: undefined }],
    ['a glob', { streamId: 'c*' }],
    ['no token', { tokenId: undefined }],
    ['an empty token', { tokenId: '' }],
    ['a token that is no text', { tokenId: 5 }],
    ['an unknown token', { tokenId: 'nonsense' }],
    ['a token with a control character', { tokenId: 'a\u0000b' }],
    ['a token of 300', { tokenId: 'a'.repeat(300) }],
  ])('says no to %s, and spends nothing', async (_what, change) => {
    const house = await aHttpHouse()
    const right = { tokenId: await house.mint(), streamId: 'cam', type: 'play' }
    const wrong = { ...right, ...change }
    expect((await call(house, 'POST', `${V1}/validateToken`, wrong)).status).toBe(204)
    expect(await call(house, 'POST', `${V2}/validate-token`, wrong)).toMatchObject({
      status: 200,
      body: { success: false },
    })
    expect((await call(house, 'POST', `${V2}/validate-token`, right)).body).toMatchObject({ success: true })
  })

  it.each(['{"tokenId":', '', '[', '"text"', 'null', '42'])('answers 400 to the body %j', async (body) => {
    const { url } = await aHttpHouse()
    for (const path of [`${V1}/validateToken`, `${V2}/validate-token`]) {
      const response = await fetch(url + path, { method: 'POST', body })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual(refused(expect.stringContaining('JSON')))
    }
  })

  it('reads JSON whatever its Content-Type says', async () => {
    const { url, mint } = await aHttpHouse()
    const question = JSON.stringify({ tokenId: await mint(), streamId: 'cam', type: 'play' })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const response = await fetch(`${url}${V2}/validate-token`, { method: 'POST', body: question, headers })
    expect(await response.json()).toMatchObject({ success: true })
  })
})

describe.each([
  ['v1', 'POST', (id: string) => `${V1}/revokeTokens?id=${id}`, 200],
  ['v2', 'DELETE', (id: string) => `${V2}/${id}/tokens`, 400],
] as const)('revoking, %s', (_version, method, path, badStatus) => {
  it('forbids the tokens of the stream and ends the sessions that they opened', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const viewer = await HttpPlayer.open(`${house.url}/LiveApp/cam.flv?token=${await house.mint()}`)
    await viewer.until('first')
    const spare = await house.mint()
    const foreign = await house.mint({ streamId: 'cam2' })
    const elsewhere = await house.mint({ app: 'Other' })
    const { status, body } = await call(house, method, path('cam'))
    expect(status).toBe(200)
    expect(body).toEqual({ success: true, message: 'tokens revoked: 2, sessions ended: 1', dataId: '', errorId: 0 })
    await viewer.toEnd()
    const states = [spare, foreign, elsewhere].map(async (token) => (await house.operations.showToken(token)).state)
    expect(await Promise.all(states)).toEqual(['revoked', 'active', 'active'])
  })

  it('says so where there was none', async () => {
    const house = await aHttpHouse()
    expect(await call(house, method, path('cam'))).toMatchObject({ status: 200, body: { success: false } })
  })

  it.each(['cam-*', '%20'])('refuses %s', async (id) => {
    const house = await aHttpHouse()
    const { status, body } = await call(house, method, path(id))
    expect({ status, body }).toEqual({ status: badStatus, body: refused(expect.stringContaining('not a stream id')) })
  })
})

describe.each([
  ['v1', (id: string, page: string) => `${V1}/listTokens/${id}/${page}`, 200],
  ['v2', (id: string, page: string) => `${V2}/${id}/tokens/list/${page}`, 400],
] as const)('listing, %s', (_version, path, badStatus) => {
  it('tells public ids and no secret, neither spent nor revoked tokens, and 0 for never', async () => {
    const house = await aHttpHouse()
    const secret = await house.mint({ expireDate: null })
    await house.mint({ streamId: 'cam2' })
    await house.mint({ app: 'Other' })
    await house.operations.redeemToken({
      token: await house.mint(),
      app: 'LiveApp',
      streamId: 'cam',
      type: 'play',
      ip: null,
    })
    await house.operations.revokeTokens({ refs: [await house.mint()] })
    const { status, headers, body } = await call(house, 'GET', path('cam', '0/10'))
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    const { id } = await house.operations.showToken(secret)
    expect(body).toEqual([{ tokenId: id, streamId: 'cam', expireDate: 0, type: 'play', roomId: null }])
  })

  it.each([
    ['0/2', 2],
    ['2/10', 1],
    ['5/10', 0],
    ['-7/2', 2],
    ['0/0', 0],
    ['0/-1', 0],
  ])('gives the page %s', async (page, count) => {
    const house = await aHttpHouse()
    await house.operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play', count: 3 })
    expect((await call(house, 'GET', path('cam', page))).body).toHaveLength(count)
  })

  it('gives at most 250', async () => {
    const house = await aHttpHouse()
    await house.operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play', count: 260 })
    expect((await call(house, 'GET', path('cam', '0/1000'))).body).toHaveLength(250)
  })

  it.each(['a/10', '0/b', '1.5/2'])('refuses the page %s', async (page) => {
    const house = await aHttpHouse()
    const { status, body } = await call(house, 'GET', path('cam', page))
    expect({ status, body }).toEqual({ status: badStatus, body: refused(expect.stringContaining('whole number')) })
  })
})

describe('the door of the REST API', () => {
  const mintPath = `${V2}/cam/token?expireDate=${LATER}&type=play`

  it.each([
    ['a proxy', { 'X-Forwarded-For': '127.0.0.1' }],
    ['a page of another site', { Origin: 'http://evil.test' }],
  ])('is shut to %s, and open with an API key', async (_what, headers: Record<string, string>) => {
    const { url, operations, entries } = await aHttpHouse()
    const response = await fetch(url + mintPath, { headers })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: { code: 'ACCESS_DENIED', exit: 4 } })
    expect(await operations.listTokens({})).toEqual([])

    const { id, key } = await operations.createApiKey({ note: null })
    const admitted = await fetch(url + mintPath, { headers: { ...headers, Authorization: `Bearer ${key}` } })
    expect(admitted.status).toBe(200)
    expect(entries.filter(({ event }) => event === 'mint')).toMatchObject([{ by: id, address: '127.0.0.1' }])
    await operations.revokeApiKey(id)
    expect((await fetch(url + mintPath, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(403)
  })

  it('opens to anybody where an administrator says so', async () => {
    const house = await aHttpHouse()
    await house.set('rest-allowed-cidr', '')
    expect((await call(house, 'GET', mintPath)).status).toBe(403)
    await house.set('rest-access', 'open')
    expect((await call(house, 'GET', mintPath)).status).toBe(200)
  })

  it('refuses before it looks at the body', async () => {
    const house = await aHttpHouse()
    await house.set('rest-allowed-cidr', '')
    const response = await fetch(`${house.url}${V2}/validate-token`, { method: 'POST', body: '{' })
    expect(response.status).toBe(403)
  })

  it('knows no other app, no other route, and answers no preflight', async () => {
    const house = await aHttpHouse()
    expect((await call(house, 'GET', mintPath.replace('LiveApp', 'Nowhere'))).status).toBe(404)
    expect((await call(house, 'GET', '/LiveApp/rest/v2/broadcasts/list/0/10')).status).toBe(404)
    const preflight = await call(house, 'OPTIONS', mintPath)
    expect(preflight.status).toBe(405)
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describeWith(['curl'], 'curl', () => {
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', ...args])).stdout

  it('mints, validates and lists as in the documentation of AMS', async () => {
    const { url } = await aHttpHouse()
    const minted = JSON.parse(await curl(`${url}${V1}/getToken?id=cam&expireDate=${LATER}&type=publish`))
    expect(minted).toMatchObject({ streamId: 'cam', type: 'publish' })
    const json = ['-X', 'POST', '-H', 'Content-Type: application/json']
    const question = JSON.stringify({ tokenId: minted.tokenId, streamId: 'cam', type: 'publish' })
    expect(JSON.parse(await curl(...json, '-d', question, `${url}${V2}/validate-token`))).toMatchObject({
      success: true,
    })
    expect(await curl(`${url}${V1}/listTokens/cam/0/10`)).toBe('[]')
    expect(JSON.parse(await curl(...json, '-X', 'DELETE', `${url}${V2}/cam/tokens`))).toMatchObject({ success: true })
  })

  it('is refused under a rebound name', async () => {
    const { url, port } = await aHttpHouse()
    const path = `${V1}/getToken?id=cam&expireDate=${LATER}&type=play`
    const rebound = await curl('--resolve', `rebound.test:${port}:127.0.0.1`, `http://rebound.test:${port}${path}`)
    expect(JSON.parse(rebound)).toMatchObject({ error: { code: 'ACCESS_DENIED' } })
    expect(JSON.parse(await curl(`${url}${path}`))).toMatchObject({ streamId: 'cam' })
  })
})
