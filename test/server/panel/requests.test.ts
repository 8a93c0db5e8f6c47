import { describe, expect, it } from 'vitest'
import { codeOf, PASSWORD, panelOfFile } from '../../support/panel-house.ts'

const house = panelOfFile()
const stream = { app: 'LiveApp', streamId: 'cam' }

describe('the panel', () => {
  it.each(['toString', '__proto__', 'constructor', 'hasOwnProperty', 'nothing'])(
    'has no operation %s',
    async (name) => {
      const answer = await house().admin.post(`/panel/api/call/${name}`, {})
      expect([answer.status, codeOf(answer)]).toEqual([404, 'NOT_FOUND'])
    },
  )

  it('reads no body of more than 64 KiB', async () => {
    const { admin, browser } = house()
    const long = { name: 'x'.repeat(70_000), password: '' }
    for (const answer of [
      await admin.post('/panel/api/call/createApiKey', long),
      await browser().post('/panel/api/login', long),
    ]) {
      expect([answer.status, codeOf(answer)]).toEqual([413, 'BODY_TOO_LARGE'])
    }
  })

  it.each(['login', 'setup', 'password'])('takes %s as JSON only, which no form can send', async (path) => {
    const { browser } = house()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
    ]) {
      const body = { name: 'admin', password: PASSWORD }
      const answer = await browser().post(`/panel/api/${path}`, body, { 'Content-Type': type })
      expect([answer.status, codeOf(answer)], type).toEqual([415, 'CONTENT_TYPE_UNSUPPORTED'])
    }
  })

  it.each(['login', 'setup', 'password', 'logout'])('takes no %s from a page of another site', async (path) => {
    const { admin } = house()
    const headers: Record<string, string>[] = [{ Origin: 'http://evil.test' }, { 'Sec-Fetch-Site': 'cross-site' }]
    for (const foreign of headers) {
      const answer = await admin.post(`/panel/api/${path}`, { name: 'admin', password: PASSWORD }, foreign)
      expect([answer.status, codeOf(answer)], JSON.stringify(foreign)).toEqual([403, 'ACCESS_DENIED'])
    }
    expect((await admin.session()).user).not.toBeNull()
  })

  it.each(['logout', 'password'])('takes no %s without the CSRF token', async (path) => {
    const { admin } = house()
    const answer = await admin.post(`/panel/api/${path}`, {}, { 'X-CSRF-Token': 'A'.repeat(43) })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'ACCESS_DENIED'])
  })

  it.each([
    [{ name: 5, password: PASSWORD }],
    [{ name: 'admin' }],
    [{ name: 'admin', password: null }],
    [{ name: 'admin', password: PASSWORD, role: 'admin' }],
    [{ name: ['admin'], password: PASSWORD }],
    [{ name: 'x'.repeat(257), password: PASSWORD }],
  ])('refuses the login %j', async (body) => {
    const answer = await house().browser().post('/panel/api/login', body)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_VALUE'])
  })

  it('redirects nowhere but to itself', async () => {
    const { admin } = house()
    for (const path of ['/', '/?next=//evil.test', '/?url=http://evil.test']) {
      const answer = await admin.ask(path)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/panel'])
    }
  })

  it('mints tokens with every way in, at the origin that the browser uses', async () => {
    const { admin, url } = house()
    const [token] = (await admin.call('createTokens', { ...stream, type: 'play' })) as [Record<string, unknown>]
    expect(token).toMatchObject({
      urls: { hls: `${url}/LiveApp/streams/cam.m3u8?token=${token.tokenId}` },
      link: `${url}/w/LiveApp/cam#${token.tokenId}`,
    })
    const entries = (await admin.call('recentAudit', { limit: 1 })) as unknown[]
    expect(entries).toMatchObject([{ event: 'mint', by: 'user:admin', address: '127.0.0.1', tokenId: token.id }])
    const [publish] = (await admin.call('createTokens', { ...stream, type: 'publish' })) as [Record<string, unknown>]
    expect(publish.link).toBe(`${url}/w/LiveApp/cam?publish#${publish.tokenId}`)
    const past = await admin.post('/panel/api/call/createTokens', { ...stream, type: 'play', expireDate: 1_000_000 })
    expect(past.text).toContain('expireDate has passed')
    await admin.call('setSetting', { name: 'public-url', value: 'https://live.example.org' })
    const [outside] = (await admin.call('createTokens', { ...stream, type: 'play' })) as [Record<string, unknown>]
    await admin.call('setSetting', { name: 'public-url', value: '' })
    expect(outside.link).toBe(`https://live.example.org/w/LiveApp/cam#${outside.tokenId}`)
  })
})
