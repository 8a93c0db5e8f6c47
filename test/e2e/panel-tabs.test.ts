import type { BrowserContextOptions } from 'playwright-core'
import { expect, it } from 'vitest'
import { sharedDaemon } from '../support/amsctl.ts'
import { sharedBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { noteSecrets } from '../support/leaks.ts'
import { PANEL_PASSWORD, PanelPage } from '../support/panel-page.ts'
import { describeWith } from '../support/programs.ts'
import { aContext } from '../support/viewer-page.ts'

type StorageState = NonNullable<BrowserContextOptions['storageState']>

/** As many connections as a browser opens to one server. */
const CONNECTIONS = 6

describeWith(['chromium'], 'panels that stay open', () => {
  const browser = sharedBrowser()
  const daemon = sharedDaemon()
  let login: StorageState | undefined

  async function loggedIn(options: BrowserContextOptions = {}): Promise<PanelPage> {
    login ??= await logIn()
    const context = await aContext(browser(), { reducedMotion: 'reduce', storageState: login, ...options })
    const panel = await PanelPage.open(context, url())
    await panel.heading('Streams').waitFor()
    return panel
  }

  async function logIn(): Promise<StorageState> {
    const user = { name: 'admin', password: PANEL_PASSWORD, role: 'admin' } as const
    await daemon().ask((operations) => operations.createUser(user))
    const panel = await PanelPage.open(await aContext(browser()), url())
    await panel.logIn(user.name)
    return panel.page.context().storageState()
  }

  const url = (view = '') => `${daemon().http}/panel${view && `#/${view}`}`

  it('keep what is shown once, though somebody goes back, and ask before the page is left', async () => {
    const panel = await loggedIn()
    await panel.show('Tokens')
    await panel.press('Mint tokens')
    const link = await panel.mint('kept', 'Play', 'Share link')
    await panel.page.goBack()
    await panel.heading('Streams').waitFor({ state: 'attached' })
    await panel.says(link)
    await panel.page.close({ runBeforeUnload: true })
    await eventually(async () => panel.visited.complaints.length > 0 || undefined)
    expect(panel.visited.complaints).toEqual(['dialog '])
    await panel.says(link)
    await panel.press('I have what I need')
    await panel.show('API keys')
    await panel.press('Create a key')
    await panel.page.keyboard.press('Enter')
    const key = String(await panel.dialog('API key created').locator('code').first().textContent())
    noteSecrets(key)
    await panel.page.goBack()
    await panel.heading('Streams').waitFor({ state: 'attached' })
    await panel.says(key)
  })

  it('ask nothing any more of somebody who has gone back', async () => {
    const id = await daemon().ask(async (operations) => (await operations.createApiKey({ note: 'mine' })).id)
    const panel = await loggedIn()
    await panel.show('API keys')
    await panel.press(`Revoke ${id}`)
    await panel.dialog(`Revoke ${id}?`).waitFor()
    await panel.page.goBack()
    await panel.dialog(`Revoke ${id}?`).waitFor({ state: 'detached' })
    await panel.heading('Streams').waitFor()
  })

  it('lead back from a dialog that a link has opened', async () => {
    const panel = await loggedIn()
    await panel.press('Mint a publish token')
    await panel.press('Cancel')
    await panel.heading('Tokens').waitFor()
    await panel.page.goBack()
    await panel.heading('Streams').waitFor()
    await panel.page.goForward()
    await panel.heading('Tokens').waitFor()
    expect(await panel.dialog('Mint tokens').count()).toBe(0)
  })

  it('leave their connections to others while nobody looks, and then show what is', async () => {
    const panel = await loggedIn()
    const context = panel.page.context()
    await context.addInitScript('Object.defineProperty(document, "hidden", { get: () => !globalThis.isSeen })')
    const unseen = await PanelPage.open(context, url('tokens'))
    for (let count = 1; count < CONNECTIONS; count++) {
      await (await PanelPage.open(context, url('tokens'))).heading('Tokens').waitFor()
    }
    await unseen.page.locator('main td, main .empty').first().waitFor()
    await daemon().mint('while-unseen', 'play')
    expect(await unseen.page.getByText('while-unseen').count()).toBe(0)
    await unseen.page.evaluate('isSeen = true; document.dispatchEvent(new Event("visibilitychange"))')
    await unseen.page.getByRole('rowheader', { name: 'while-unseen' }).waitFor()
  })

  it('show a token as expired once it is', async () => {
    const panel = await loggedIn()
    await panel.show('Tokens')
    const expireDate = Math.floor(Date.now() / 1000) + 20
    await daemon().ask((operations) =>
      operations.createTokens({ app: 'LiveApp', streamId: 'brief', type: 'play', expireDate }),
    )
    const row = panel.page.getByRole('row', { name: 'brief' })
    await row.getByText(/^in \d+s$/).waitFor()
    await row.getByText('expired').waitFor()
    await row
      .getByText(/^\d+s ago$/)
      .first()
      .waitFor()
  })

  it('tell that tokens are not asked for, and where that is changed', async () => {
    const control = { types: ['publish', 'play'], kick: false } as const
    await daemon().ask((operations) => operations.setTokenControl({ ...control, enable: false }))
    const panel = await loggedIn()
    await panel.says('Token control is off: anybody who reaches this server may publish and play without a token.')
    await daemon().ask((operations) => operations.setTokenControl({ ...control, types: ['publish'], enable: true }))
    await panel.says('Token control for playing is off: anybody who reaches this server may play without a token.')
    await panel.page.getByRole('link', { name: 'Turn it on' }).click()
    await panel.heading('Settings').waitFor()
    await daemon().ask((operations) => operations.setTokenControl({ ...control, enable: true }))
    await panel.show('Tokens')
    await panel.page.getByText('Token control for playing is off').waitFor({ state: 'detached' })
  })

  it('hand out each address as QR code, and one of many tokens all at once', async () => {
    const panel = await loggedIn({ permissions: ['clipboard-read', 'clipboard-write'] })
    await panel.show('Tokens')
    await panel.press('Mint tokens')
    await panel.dialog('Mint tokens').getByLabel('How many tokens').fill('3')
    await panel.dialog('Mint tokens').getByLabel('Stream').fill('hall')
    await panel.press('Mint')
    const dialog = panel.dialog('3 tokens minted')
    const drawn = () => dialog.locator('.qr path').getAttribute('d')
    const ofLink = await drawn()
    await panel.press('QR code of RTMP')
    await dialog.getByText('RTMP of hall').waitFor()
    expect(await drawn()).not.toBe(ofLink)
    await panel.press('Copy all 3')
    await panel.says('Share link of 3 tokens copied, one a line.')
    const text = await panel.page.evaluate<string>('navigator.clipboard.readText()')
    noteSecrets(text)
    const links = text.split('\n')
    expect(links.filter((link) => link.startsWith(`${daemon().http}/w/LiveApp/hall#`))).toHaveLength(3)
    await panel.press('Copy RTMP')
    await panel.says('Copied: RTMP')
    await panel.press('I have what I need')

    await panel.press('Check a token')
    await panel.dialog('Check a token').getByLabel('Token', { exact: true }).fill(String(links[0]))
    await panel.press('Check')
    await panel.says('It would be let in')
  })

  it('keep long addresses within a phone', async () => {
    const address = '2001:db8:85a3:8d3:1319:8a2e:370:7348'
    const session = {
      id: 's',
      tokenId: null,
      open: true,
      app: 'LiveApp',
      streamId: 'cam',
      type: 'play',
      bytes: 1,
      address,
    }
    const body = `event: sessions\ndata: ${JSON.stringify([{ ...session, since: new Date().toISOString() }])}\n\n`
    const panel = await loggedIn({ viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true })
    await panel.page.route('**/panel/api/events', (route) => route.fulfill({ contentType: 'text/event-stream', body }))
    await panel.page.reload()
    await panel.show('Sessions')
    await panel.says(address)
    expect(await panel.page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  it('show what is on where the reader has chosen the colours', async () => {
    const panel = await loggedIn({ forcedColors: 'active' })
    await panel.show('Settings')
    const colours = () =>
      panel.page.evaluate<string[]>(`(() => {
        const track = document.querySelector('[aria-label="Token control for playing"]')
        return [track, track.firstChild, document.body].map((of) => getComputedStyle(of).backgroundColor)
      })()`)
    await daemon().ask((operations) => operations.setTokenControl({ enable: true, types: ['play'], kick: false }))
    await panel.page.getByRole('switch', { name: 'Token control for playing', checked: true }).waitFor()
    expect(new Set(await colours()).size).toBe(3)
  })
})
