import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { noteSecret } from '../../support/leaks.ts'
import { aPanelHouse, codeOf, PASSWORD } from '../../support/panel-house.ts'
import { RawClient } from '../../support/raw-client.ts'

const ADMIN = { name: 'admin', password: PASSWORD }

describe('the first user', () => {
  it('is made from this machine by nobody who only passes through it or is led here by a name', async () => {
    const dataDir = await temporaryDirectory()
    const settings = { 'public-url': 'https://live.example.org' }
    await writeFile(join(dataDir, 'settings.json'), JSON.stringify({ v: SCHEMA_VERSION, settings }))
    const { browser, port } = await aPanelHouse({ dataDir })
    expect(await browser().session()).toMatchObject({ user: null, csrf: null, firstRun: true, setupAllowed: true })
    for (const headers of [
      { 'X-Forwarded-For': '127.0.0.1' },
      { Via: '1.1 somewhere' },
      { Origin: 'http://evil.test' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      const answer = await browser().post('/panel/api/setup', ADMIN, headers)
      expect([answer.status, codeOf(answer)], JSON.stringify(headers)).toEqual([403, 'ACCESS_DENIED'])
    }
    const body = JSON.stringify(ADMIN)
    const head = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close', '', body]
    for (const start of [
      'HTTP/1.1\r\nHost: rebound.test',
      // Proxies that say nothing of themselves but hand on the Host of the client, or speak as nginx does by itself.
      'HTTP/1.1\r\nHost: live.example.org',
      'HTTP/1.1\r\nHost: 203.0.113.5',
      'HTTP/1.0\r\nHost: 127.0.0.1',
    ]) {
      const client = await RawClient.to(port)
      client.send([`POST /panel/api/setup ${start}`, ...head].join('\r\n'))
      expect(await client.closed(), start).toMatch(/^HTTP\/1\.1 403 /)
    }
    expect(codeOf(await browser().post('/panel/api/setup', { ...ADMIN, password: 'short' }))).toBe('BAD_VALUE')
    expect((await browser().session()).firstRun).toBe(true)
  })

  it('is one, however many ask at once, and the link is worth nothing afterwards', async () => {
    const { daemon, browser } = await aPanelHouse()
    const link = daemon.setupLink() ?? ''
    const setup = noteSecret(/#setup=([0-9A-Za-z]{43})$/.exec(link)?.[1] ?? '')
    expect(link).toBe(`http://127.0.0.1:${daemon.status().listen.http?.port}/panel#setup=${setup}`)
    const remote = { 'X-Forwarded-For': '203.0.113.9' }
    expect((await browser().ask('/panel/api/session', { headers: remote })).body).toMatchObject({ setupAllowed: false })
    const shown = { ...remote, 'X-Setup-Token': setup }
    expect((await browser().ask('/panel/api/session', { headers: shown })).body).toMatchObject({ setupAllowed: true })
    const wrong = await browser().post('/panel/api/setup', { ...ADMIN, setup: `${setup.slice(1)}0` }, remote)
    expect(wrong.status).toBe(403)

    const racing = ['one', 'two', 'three'].map((name) =>
      browser().post('/panel/api/setup', { name, password: PASSWORD, setup }, remote),
    )
    const answers = await Promise.all(racing)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(answers.filter(({ status }) => status === 409).map(codeOf)).toEqual(['USER_EXISTS', 'USER_EXISTS'])
    expect(daemon.setupLink()).toBeNull()
    const late = await browser().post('/panel/api/setup', { ...ADMIN, setup })
    expect([late.status, codeOf(late)]).toEqual([409, 'USER_EXISTS'])
    expect(await browser().session()).toMatchObject({ firstRun: false, setupAllowed: false, version: '' })
  })
})

it('is made by a script for Ant Media Server, from this machine only', async () => {
  const { browser } = await aPanelHouse()
  const order = { email: 'admin@example.org', password: PASSWORD, fullName: 'A', userType: 'ADMIN' }
  const proxied = await browser().post('/rest/v2/users/initial', order, { 'X-Forwarded-For': '127.0.0.1' })
  expect([proxied.status, codeOf(proxied)]).toEqual([403, 'ACCESS_DENIED'])
  expect((await browser().ask('/rest/v2/first-login-status')).body).toMatchObject({ success: true })
  const admin = browser()
  expect((await admin.post('/rest/v2/users/initial', order)).body).toMatchObject({ success: true })
  expect((await admin.session()).user).toMatchObject({ name: 'admin@example.org', role: 'admin' })
  expect((await browser().ask('/rest/v2/first-login-status')).body).toMatchObject({ success: false })
})

it('serve --no-panel has no panel and no login, but what pages load', async () => {
  const { daemon, browser, url } = await aPanelHouse({ panel: false })
  for (const path of ['/', '/panel', '/panel/', '/panel/api/session', '/panel/assets/panel/style.css']) {
    expect((await fetch(url + path)).status, path).toBe(404)
  }
  for (const path of [
    '/panel/api/login',
    '/panel/api/setup',
    '/rest/v2/users/authenticate',
    '/rest/v2/users/initial',
  ]) {
    expect((await browser().post(path, ADMIN)).status, path).toBe(404)
  }
  expect(daemon.setupLink()).toBeNull()
})
