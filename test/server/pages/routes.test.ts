import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageRoutes } from '../../../src/server/pages/routes.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { aHttpHouse } from '../../support/http-house.ts'

const PLAY = '/LiveApp/play.html'
const PUBLISH = '/LiveApp/publish.html'
const SHARE = '/w/LiveApp/cam'

async function aPageHouse() {
  const webRoot = await temporaryDirectory()
  await mkdir(join(webRoot, 'pages'))
  for (const page of ['play', 'publish', 'share']) {
    await writeFile(join(webRoot, 'pages', `${page}.html`), `<!doctype html><title>${page}</title>`)
  }
  const house = await aHttpHouse({ routes: (settings) => [pageRoutes({ apps: ['LiveApp'], settings, webRoot })] })
  return { ...house, get: (path: string, init?: RequestInit) => fetch(`${house.url}${path}`, init) }
}

describe('the pages', () => {
  it.each([PLAY, PUBLISH, SHARE])('are sent with a strict policy, uncached and without referrer: %s', async (path) => {
    const { headers, status } = await (await aPageHouse()).get(path)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const policy = headers.get('content-security-policy')?.split('; ')
    expect(policy).toEqual(expect.arrayContaining(["default-src 'self'", "script-src 'self'", "object-src 'none'"]))
    expect(policy?.join()).not.toMatch(/unsafe|\*|https?:/)
  })

  it('are the same bytes for whatever query, token and stream', async () => {
    const { get, mint } = await aPageHouse()
    const texts = [
      `${PLAY}`,
      `${PLAY}?id=cam&token=${await mint()}`,
      `${PLAY}?id=none&token=wrong`,
      `${PLAY}?id=%3Cscript%3E`,
    ].map(async (path) => (await get(path)).text())
    expect(new Set(await Promise.all(texts)).size).toBe(1)
    const shares = [SHARE, '/w/LiveApp/none', '/w/LiveApp/%3Cscript%3E'].map(async (path) => (await get(path)).text())
    expect(new Set(await Promise.all(shares)).size).toBe(1)
  })

  it('spend nothing, whoever fetches them', async () => {
    const { get, mint, operations } = await aPageHouse()
    const token = await mint()
    for (const method of ['GET', 'HEAD']) {
      expect((await get(`${PLAY}?id=cam&token=${token}`, { method })).status).toBe(200)
      expect((await get(`${SHARE}?token=${token}`, { method })).status).toBe(200)
    }
    expect((await operations.showToken(token)).usesLeft).toBe(1)
  })

  it.each(['/Nowhere/play.html', '/Nowhere/publish.html', '/w/Nowhere/cam', '/LiveApp/share.html', '/w/LiveApp'])(
    'are not there for what is not served: %s',
    async (path) => {
      expect((await (await aPageHouse()).get(path)).status).toBe(404)
    },
  )

  it('answer other methods with those that they have', async () => {
    const answer = await (await aPageHouse()).get(PLAY, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('frames', () => {
  const framing = ({ headers }: Response) => [
    headers.get('content-security-policy')?.split('; ').at(-1),
    headers.get('x-frame-options'),
  ]

  it('may be made by pages of this server alone, and of share links by nobody', async () => {
    const { get } = await aPageHouse()
    for (const path of [PLAY, PUBLISH])
      expect(framing(await get(path))).toEqual(["frame-ancestors 'self'", 'SAMEORIGIN'])
    expect(framing(await get(SHARE))).toEqual(["frame-ancestors 'none'", 'DENY'])
  })

  it('may be made by embed-origins, as soon as they are set', async () => {
    const { get, set } = await aPageHouse()
    await set('embed-origins', 'https://a.example, http://b.example:8080')
    const policy = "frame-ancestors 'self' https://a.example http://b.example:8080"
    for (const path of [PLAY, PUBLISH]) expect(framing(await get(path))).toEqual([policy, null])
    expect(framing(await get(SHARE))).toEqual(["frame-ancestors 'none'", 'DENY'])
    await set('embed-origins', '*')
    expect(framing(await get(PLAY))).toEqual(["frame-ancestors 'self' *", null])
  })

  it.each([
    'example.org',
    'https://a.example/path',
    "https://a.example;script-src '*'",
    'https://a.example;report-uri',
    "https://a.example;script-src,https://'self'",
    '*,https://a.example',
  ])('refuse the origin %s', async (value) => {
    await expect((await aPageHouse()).set('embed-origins', value)).rejects.toThrow(/embed-origins/)
  })
})
