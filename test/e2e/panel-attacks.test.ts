import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { sharedDaemon } from '../support/amsctl.ts'
import { sharedBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { noteSecret } from '../support/leaks.ts'
import { PANEL_PASSWORD, PanelPage } from '../support/panel-page.ts'
import { describeWith } from '../support/programs.ts'
import { aContext, VisitedPage } from '../support/viewer-page.ts'

const DESK = { viewport: { width: 1280, height: 860 } }

describeWith(['chromium'], 'whoever attacks the panel by way of a browser', () => {
  const browser = sharedBrowser()
  const daemon = sharedDaemon()
  const panelUrl = () => `${daemon().http}/panel`

  async function aPanelOf(name: string, context?: BrowserContext): Promise<PanelPage> {
    await daemon().ask((operations) => operations.createUser({ name, password: PANEL_PASSWORD, role: 'admin' }))
    return PanelPage.open(context ?? (await aContext(browser(), DESK)), panelUrl())
  }

  /** By the cookie of `context`, as the panel's own page asks. */
  async function whoIs(context: BrowserContext): Promise<string | undefined> {
    const answer = await context.request.get(`${panelUrl()}/api/session`)
    return (await answer.json()).user?.name
  }

  async function cookieOf(context: BrowserContext): Promise<string> {
    const cookies = await context.cookies()
    return noteSecret(cookies.find(({ name }) => name === 'amsctl_login')?.value ?? '')
  }

  it.each(['127.0.0.1', 'localhost'])(
    'gains nothing by a page at another port of %s that who is logged in opens',
    async (host) => {
      const panel = await aPanelOf(`admin-${host}`)
      await panel.logIn(`admin-${host}`)
      const context = panel.page.context()
      await daemon().ask((operations) =>
        operations.createUser({ name: `mallory-${host}`, password: PANEL_PASSWORD, role: 'viewer' }),
      )
      const visited = await VisitedPage.open(context, await aHostilePage(host))
      const attack = attackOn(daemon().http, {
        email: `mallory-${host}`,
        name: `mallory-${host}`,
        password: PANEL_PASSWORD,
      })
      expect(await visited.page.evaluate<string[]>(attack)).toEqual([])
      await eventually(() => (visited.complaints.join().includes('frame-ancestors') ? true : undefined))
      const sent = visited.requests.filter((request) => request.includes(daemon().http))
      for (const path of [
        '/rest/v2/request?',
        '/call/createApiKey',
        '/users/authenticate',
        '/api/logout',
        '/api/events',
      ]) {
        expect(sent.join('\n'), path).toContain(path)
      }
      expect(await daemon().ask((operations) => operations.listApiKeys())).toEqual([])
      expect(await daemon().ask((operations) => operations.listTokens({}))).toEqual([])
      expect(await daemon().ask((operations) => operations.listUsers())).not.toContainEqual(
        expect.objectContaining({ name: 'eve' }),
      )
      expect(await whoIs(context)).toBe(`admin-${host}`)
    },
  )

  it('does not get into the login of who logs in with a cookie that was planted', async () => {
    const context = await aContext(browser(), DESK)
    const planted = noteSecret('P'.repeat(43))
    await context.addCookies([{ name: 'amsctl_login', value: planted, url: daemon().http }])
    const panel = await aPanelOf('fixed', context)
    await panel.logIn('fixed')
    const first = await cookieOf(context)
    expect([first.length, first === planted]).toEqual([43, false])
    const attacker = await aContext(browser())
    await attacker.addCookies([{ name: 'amsctl_login', value: planted, url: daemon().http }])
    expect(await whoIs(attacker)).toBeUndefined()
    expect(await panel.page.evaluate('document.cookie')).toBe('')

    await panel.press('Log out')
    await panel.heading('Log in to amsctl').waitFor()
    await panel.logIn('fixed')
    expect(await cookieOf(context)).not.toBe(first)
    await attacker.addCookies([{ name: 'amsctl_login', value: first, url: daemon().http }])
    expect(await whoIs(attacker)).toBeUndefined()
  })

  it('is told to wait after five wrong passwords, which the right one does not change', async () => {
    const panel = await aPanelOf('guessed')
    await panel.page.getByLabel('Name').fill('guessed')
    for (const guess of ['123456', 'password', 'qwerty', 'letmein', 'dragon', PANEL_PASSWORD]) {
      await panel.page.getByLabel('Password').fill(guess)
      const answered = panel.page.waitForResponse(/\/panel\/api\/login$/)
      await panel.press('Log in')
      expect((await answered).status()).toBe(guess === PANEL_PASSWORD ? 429 : 401)
    }
    await panel.says(/Too many wrong passwords; wait \d+s/)
    await panel.visited.shoot('panel-locked-out')
    expect(await whoIs(panel.page.context())).toBeUndefined()
  })

  it('leads nobody to another site', async () => {
    const panel = await aPanelOf('led')
    for (const way of ['/?next=//evil.test', '//evil.test/', '/panel?url=http://evil.test', '/panel#//evil.test']) {
      await panel.page.goto(`${daemon().http}${way}`)
      expect(new URL(panel.page.url()).origin, way).toBe(daemon().http)
    }
    await panel.logIn('led')
    expect(new URL(panel.page.url()).origin).toBe(daemon().http)
  })
})

/** A page of somebody else; resolves with its address. */
async function aHostilePage(host: string): Promise<string> {
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<!doctype html><title>A prize</title><h1>A prize</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://${host}:${(server.address() as AddressInfo).port}/`
}

/** What such a page can have a browser send to `target`, run there; it resolves with what could be read of the answers. */
function attackOn(target: string, login: object): string {
  return `(async (target, login) => {
    const read = []
    const settled = []
    const attempt = (what, promise) => settled.push(promise.then((got) => got && read.push(what + ': ' + got), () => {}))
    const post = (path, body, init = {}) => {
      const answer = fetch(target + path, { method: 'POST', mode: 'no-cors', credentials: 'include', body, ...init })
      attempt(path, answer.then((response) => response.text()))
    }
    const element = (tag, fields) => new Promise((resolve) => {
      const made = Object.assign(document.createElement(tag), fields)
      made.onload = () => resolve(tag === 'iframe' ? '' : 'loaded')
      made.onerror = () => resolve('')
      document.body.append(made)
    })
    const form = (path, text, method = 'POST') => {
      const frame = element('iframe', { name: path })
      const made = Object.assign(document.createElement('form'), { action: target + path, method, enctype: 'text/plain', target: path })
      const field = Object.assign(document.createElement('textarea'), { name: text.slice(0, -1), value: text.slice(-1) })
      made.append(field)
      document.body.append(made)
      made.submit()
      attempt('form ' + path, frame)
    }
    const mint = 'expireDate=4000000000&type=publish'
    for (const path of [
      '/LiveApp/rest/v2/broadcasts/cam/token?' + mint,
      '/LiveApp/rest/broadcast/getToken?id=cam&' + mint,
      '/rest/v2/request?_path=LiveApp/rest/v2/broadcasts/cam/token&' + mint,
    ]) {
      attempt('image ' + path, element('img', { src: target + path }))
      attempt('script ' + path, element('script', { src: target + path }))
      post(path, '')
      attempt(path, fetch(target + path, { credentials: 'include' }).then((response) => response.text()))
    }
    attempt('session', fetch(target + '/panel/api/session', { credentials: 'include' }).then((response) => response.text()))
    attempt('session script', element('script', { src: target + '/panel/api/session' }))
    attempt('events', new Promise((resolve) => {
      const events = new EventSource(target + '/panel/api/events', { withCredentials: true })
      events.onopen = () => resolve('open')
      events.onerror = () => { events.close(); resolve('') }
    }))
    attempt('panel', element('iframe', { src: target + '/panel' }))
    const json = { headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': 'x' }, mode: 'cors' }
    const user = JSON.stringify({ name: 'eve', password: login.password, role: 'admin' })
    for (const init of [{}, json]) {
      post('/panel/api/call/createApiKey', '{"note":"stolen"}', init)
      post('/panel/api/call/createUser', user, init)
      post('/panel/api/login', JSON.stringify(login), init)
      post('/panel/api/logout', '{}', init)
      post('/rest/v2/users/authenticate', JSON.stringify(login), init)
      post('/ConsoleApp/rest/authenticateUser', JSON.stringify(login), init)
      post('/rest/v2/applications/settings/LiveApp', '{"remoteAllowedCIDR":"0.0.0.0/0"}', init)
    }
    attempt('logout', fetch(target + '/rest/v2/users/logout', { method: 'DELETE', credentials: 'include' }).then((response) => response.text()))
    form('/panel/api/call/createUser', user)
    form('/rest/v2/users/authenticate', JSON.stringify(login))
    form('/panel/api/logout', '{}')
    await Promise.all(settled)
    return read
  })(${JSON.stringify(target)}, ${JSON.stringify(login)})`
}
