import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastify from 'fastify'
import { beforeAll, describe, expect, it } from 'vitest'
import { assetRoutes } from '../../../src/server/panel/static.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { codeOf, panelOfFile } from '../../support/panel-house.ts'
import { RawClient } from '../../support/raw-client.ts'

const house = panelOfFile()
const STYLE = '/panel/assets/panel/style.css'

async function raw(target: string, method = 'GET', headers = ''): Promise<string> {
  const client = await RawClient.to(house().port)
  client.send(`${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Connection: close\r\n\r\n`)
  return client.closed()
}

describe('what pages load', () => {
  it('is revalidated, by GET and HEAD', async () => {
    const { url } = house()
    const got = await fetch(url + STYLE)
    const body = await got.text()
    expect([got.status, got.headers.get('content-type'), got.headers.get('cache-control')]).toEqual([
      200,
      'text/css; charset=utf-8',
      'no-cache',
    ])
    expect(got.headers.get('x-content-type-options')).toBe('nosniff')
    const head = await fetch(url + STYLE, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(body)))
    const again = await raw(STYLE, 'GET', `If-None-Match: ${got.headers.get('etag')}\r\n`)
    expect(again).toMatch(/^HTTP\/1\.1 304 [\s\S]*\r\n\r\n$/)
    expect((await fetch(url + STYLE, { method: 'POST' })).status).toBe(405)
  })

  it.each([
    '/panel/assets/..%2f..%2fdaemon%2fpanel.ts',
    '/panel/assets/../../daemon/panel.ts',
    '/panel/assets/panel/../../daemon/panel.js',
    '/panel/assets/panel/..%2fpages/style.css',
    '/panel/assets/panel/%2e%2e/pages/style.css',
    '/panel/assets//etc/passwd',
    '/panel/assets/panel/style.css%00.js',
    '/panel/assets/panel\\style.css',
    '/panel/assets/panel/.style.css',
    '/panel/assets/panel/main.tsx',
    '/panel/assets/panel/index.html',
    '/panel/assets/panel/',
    '/panel/assets/panel',
    '/panel/assets/',
    '/panel/assets/%',
  ])('is nothing else: %s', async (target) => {
    expect(await raw(target)).toMatch(/^HTTP\/1\.1 40[04] [\s\S]*"(?:NOT_FOUND|BAD_REQUEST)"/)
  })

  it('is kept for ever where its name says what is in it', async () => {
    const webRoot = await temporaryDirectory()
    await mkdir(join(webRoot, 'chunks'))
    await writeFile(join(webRoot, 'chunks', 'hls-ABCD1234.js'), 'export {}')
    const server = fastify({ exposeHeadRoutes: false })
    await server.register(assetRoutes({ webRoot, panel: false }))
    const answer = await server.inject('/panel/assets/chunks/hls-ABCD1234.js')
    expect([answer.body, answer.headers['cache-control']]).toEqual(['export {}', 'public, max-age=31536000, immutable'])
    await server.close()
  })
})

describe('the page of the panel', () => {
  it.each(['/panel', '/panel/'])(
    'is at %s, runs nothing but its own scripts, and is in nobody’s frame',
    async (path) => {
      const { headers, status, text } = await house().browser().ask(path)
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-store',
      ])
      const policy = headers.get('content-security-policy') ?? ''
      for (const rule of ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "object-src 'none'"]) {
        expect(policy).toContain(rule)
      }
      expect(policy).not.toMatch(/unsafe|\*|http:/)
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/)
    },
  )
})

describe('a recording', () => {
  const FILE = '/panel/api/download/LiveApp/cam.mp4'

  beforeAll(async () => {
    const folder = join(house().dataDir, 'streams', 'LiveApp')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'cam.mp4'), '0123456789')
    await writeFile(join(folder, 'secret.txt'), 'secret')
  })

  it('is sent to whoever is logged in, a viewer too, in parts and by HEAD', async () => {
    const viewer = await house().loggedIn('viewer', 'viewer')
    const whole = await viewer.ask(FILE)
    expect([whole.status, whole.text, whole.headers.get('content-type')]).toEqual([200, '0123456789', 'video/mp4'])
    expect(whole.headers.get('content-disposition')).toBeNull()
    const part = await viewer.ask(FILE, { headers: { Range: 'bytes=2-4' } })
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
    const beyond = await viewer.ask(FILE, { headers: { Range: 'bytes=20-' } })
    expect([beyond.status, codeOf(beyond)]).toEqual([416, 'RANGE_UNSATISFIABLE'])
    const unseen = [whole, part, await viewer.ask('/panel/api/session')]
    for (const { headers } of unseen) expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    const head = await viewer.ask(FILE, { method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '10'])
    const kept = await viewer.ask(`${FILE}?download=1`)
    expect(kept.headers.get('content-disposition')).toBe('attachment; filename="cam.mp4"')
  })

  it('is sent to nobody else, nor to a page of another site', async () => {
    const { browser, admin } = house()
    const stranger = await browser().ask(FILE)
    expect([stranger.status, codeOf(stranger)]).toEqual([401, 'LOGIN_MISSING'])
    const foreign = await admin.ask(FILE, { headers: { 'Sec-Fetch-Site': 'cross-site' } })
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'ACCESS_DENIED'])
  })

  it.each([
    'LiveApp/none.mp4',
    'LiveApp/secret.txt',
    'LiveApp/..%2f..%2fsettings.json',
    'LiveApp/..%2fLiveApp%2fcam.mp4',
    '..%2fstreams%2fLiveApp/cam.mp4',
    'Nowhere/cam.mp4',
    'LiveApp/%00.mp4',
  ])('is none of %s', async (path) => {
    const answer = await house().admin.ask(`/panel/api/download/${path}`)
    expect([answer.status, codeOf(answer)]).toEqual([404, 'RECORDING_NOT_FOUND'])
  })
})
