import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Role } from '../../src/domain/user.ts'
import { sharedDaemon } from '../support/amsctl.ts'
import { sharedBrowser, WITH_WEBRTC } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { noteSecrets } from '../support/leaks.ts'
import { PANEL_PASSWORD, PANEL_VIEWS, PanelPage, weigh } from '../support/panel-page.ts'
import { describeWith } from '../support/programs.ts'
import { aContext } from '../support/viewer-page.ts'

const MARKUP = '<img src=x onerror="document.title=1;alert(1)"><script>alert(2)</script>'
const CHANGING = /Mint|Revoke|Kick|Record|Stop|Create|Delete|Save|Change role|Set password|^Token control/
/** So that nothing is pictured half shown. */
const STILL = { reducedMotion: 'reduce' } as const
const LIMIT = 60_000
const DESK = { width: 1280, height: 860 }

describeWith(['chromium', 'ffmpeg'], 'the management panel, in a browser', () => {
  const browser = sharedBrowser(WITH_WEBRTC)
  const daemon = sharedDaemon()
  let users = 0

  const panelUrl = (view = '') => `${daemon().http}/panel${view && `#/${view}`}`

  /** The panel of a new user, who has logged in. */
  async function loggedIn(role: Role, options: Parameters<typeof aContext>[1] = {}): Promise<PanelPage> {
    const name = `${role}${++users}`
    await daemon().ask((operations) => operations.createUser({ name, password: PANEL_PASSWORD, role }))
    const panel = await PanelPage.open(await aContext(browser(), { ...STILL, ...options }), panelUrl())
    await panel.logIn(name)
    return panel
  }

  /** Something to be seen in every view: two streams, one of them with a warning and recorded, viewers and refusals. */
  async function furnish(): Promise<void> {
    publishing(`${daemon().rtmp}/LiveApp/stage?token=${await daemon().mint('stage', 'publish')}`)
    publishing(`${daemon().rtmp}/LiveApp/cam2?token=${await daemon().mint('cam2', 'publish')}`, 600, ['-bf', '2'])
    await live(daemon(), 'stage')
    await live(daemon(), 'cam2')
    await daemon().ask((operations) => operations.startRecording({ app: 'LiveApp', streamId: 'stage' }))
    await daemon().ask((operations) => operations.createApiKey({ note: MARKUP }))
    watching(`${daemon().http}/LiveApp/streams/stage.flv?token=${await daemon().mint('stage', 'play')}`)
  }

  it('goes from the first run to a token that is revoked while it plays, and tells all of it', async () => {
    const panel = await PanelPage.open(await aContext(browser(), STILL), `${daemon().http}/#setup=abcdefgh`)
    await panel.heading('Welcome to amsctl').waitFor()
    expect(panel.page.url()).toBe(`${daemon().http}/panel`)
    await panel.visited.shoot('panel-first-run')
    await panel.page.getByLabel('Name').fill('alice')
    await panel.page.getByLabel('Password', { exact: true }).fill(PANEL_PASSWORD)
    await panel.page.getByLabel('Password again').fill(PANEL_PASSWORD)
    await panel.press('Create admin')
    await panel.says('Nothing is live')
    await panel.visited.shoot('panel-nothing-live')

    await panel.show('Settings')
    await panel.turnOn('Token control for publishing')
    await panel.turnOn('Token control for playing')
    await panel.show('Tokens')
    await panel.press('Mint the first token')
    const rtmp = await panel.mint('cam1', 'Publish', 'RTMP', MARKUP)
    await panel.visited.shoot('panel-minted')
    await panel.press('I have what I need')
    expect(await panel.page.content()).not.toContain(rtmp.split('token=')[1])
    publishing(rtmp)

    await panel.show('Streams')
    await panel.page.getByRole('article', { name: 'LiveApp/cam1' }).waitFor()
    await panel.press('Preview cam1')
    await panel.visited.plays()
    await panel.visited.shoot('panel-preview')

    await panel.show('Tokens')
    await panel.press('Mint tokens')
    const flv = await panel.mint('cam1', 'Play', 'HTTP-FLV')
    await panel.press('I have what I need')
    const viewer = watching(flv)
    await panel.show('Sessions')
    await panel.says(MARKUP)
    await panel.page.getByRole('row').filter({ hasText: MARKUP }).getByRole('button', { name: 'Kick' }).click()
    await panel.press('Kick and revoke')
    await panel.says(/The viewer is kicked and its token revoked/)
    await viewer
    await eventually(async () => (await panel.page.getByText(MARKUP).count()) === 0 || undefined)

    await panel.show('Tokens')
    await panel.says(MARKUP)
    await panel.press('Check a token')
    await panel.page.getByLabel('Token', { exact: true }).fill(flv)
    await panel.dialog('Check a token').getByLabel('Stream').fill('cam1')
    await panel.press('Check')
    await panel.says('TOKEN_REVOKED')
    await panel.visited.shoot('panel-why-refused')
    await panel.page.keyboard.press('Escape')

    await panel.show('Audit')
    for (const event of ['user-create', 'setting', 'mint', 'admit', 'revoke', 'end']) {
      await panel.page.getByRole('rowheader', { name: event }).first().waitFor()
    }
    expect(await panel.page.content()).not.toContain(flv.split('token=')[1])
    expect(panel.visited.complaints).toEqual([])
    expect(await panel.page.title()).toBe('Audit · amsctl')
  })

  it('shows every view without a serious fault, light, dark and on a phone; a viewer has nothing to press', async () => {
    await furnish()
    const light = await loggedIn('admin', { viewport: DESK })
    expect(await faultsOf(light, 'light', PANEL_VIEWS, () => light.findings())).toEqual([])
    const dark = await loggedIn('admin', { colorScheme: 'dark', viewport: DESK })
    const contrast = () => dark.findings('color-contrast')
    expect(await faultsOf(dark, 'dark', ['Streams', 'Tokens', 'Settings'], contrast)).toEqual([])
    const phone = await loggedIn('admin', { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true })
    const targets = () => phone.findings('target-size')
    expect(await faultsOf(phone, 'phone', ['Streams', 'Tokens', 'Settings'], targets)).toEqual([])
    const viewer = await loggedIn('viewer')
    for (const view of PANEL_VIEWS) {
      await viewer.showFilled(view)
      expect(await viewer.buttons(CHANGING), view).toEqual([])
    }
    expect(viewer.visited.complaints).toEqual([])
  })

  it('mints by the keyboard alone, and gives the focus back', async () => {
    const panel = await loggedIn('admin')
    await panel.show('Tokens')
    await panel.tabTo('Mint tokens')
    await panel.page.keyboard.press('Enter')
    await panel.dialog('Mint tokens').waitFor()
    await panel.page.keyboard.type('by-keys')
    await panel.page.keyboard.press('Enter')
    await panel.dialog('1 token minted').waitFor()
    await panel.page.keyboard.press('Escape')
    await panel.tabTo('I have what I need')
    await panel.page.keyboard.press('Enter')
    await panel.page.getByRole('rowheader', { name: 'by-keys' }).waitFor()
    expect(await panel.page.evaluate('document.activeElement.innerText.trim()')).toBe('Mint tokens')
    await daemon().ask((operations) => operations.createApiKey({ note: 'a key to be revoked by keys' }))
    await panel.show('API keys')
    await panel.page.getByRole('row', { name: 'by keys' }).getByRole('button').focus()
    await panel.page.keyboard.press('Enter')
    await panel.tabTo('Revoke the key')
    await panel.page.keyboard.press('Enter')
    await panel.page.getByRole('row', { name: 'by keys' }).waitFor({ state: 'hidden' })
    await eventually(async () => (await panel.page.evaluate('document.activeElement.tagName')) === 'H1' || undefined)
  })

  it('tells in the form what is wrong with it, and revokes many at once', async () => {
    const panel = await loggedIn('admin')
    await panel.show('Tokens')
    await panel.press('Mint tokens')
    await panel.dialog('Mint tokens').getByLabel('Expires').fill('yesterday')
    await panel.dialog('Mint tokens').getByLabel('Stream').fill('many')
    await panel.press('Mint')
    await panel.says(/Expires: "yesterday" is not a time/)
    const focused = () => panel.page.evaluate('document.activeElement.labels?.[0].textContent')
    await eventually(async () => (await focused()) === 'Expires' || undefined)
    await panel.dialog('Mint tokens').getByLabel('Expires').fill('2h')
    await panel.dialog('Mint tokens').getByLabel('How many tokens').fill('52')
    await panel.press('Mint')
    await panel.press('I have what I need')
    await panel.page.getByLabel('Search').fill('MANY')
    await panel.page.getByText('1–50').waitFor()
    await panel.page.getByLabel('Select all tokens of this page').check()
    await panel.press('Revoke 50')
    await panel.press('Revoke 50 tokens')
    await panel.says('50 tokens revoked, 0 sessions ended.')
    await panel.press('Older')
    await panel.page.getByText('51–52').waitFor()
    await panel.show('Settings')
    await panel.page.getByLabel('Value of default-expire').fill('soon')
    await panel.press('Save default-expire')
    await panel.says(/Default-expire: "soon" is not a duration/)

    await panel.show('Audit')
    await panel.page.reload()
    await panel.page.getByLabel('Stream').fill('many')
    await panel.says('100 entries')
    await panel.press('Show older')
    await panel.says('102 entries: all that fit')
    await panel.page.getByLabel('Show', { exact: true }).selectOption('Only mint')
    await panel.says('52 entries: all that fit')
    await daemon().mint('many', 'play')
    await panel.says('53 entries: all that fit')
    const id = await panel.page.getByRole('link', { name: /^tk_/ }).last().textContent()
    await panel.press('Clear')
    await panel.page
      .getByRole('link', { name: String(id) })
      .or(panel.page.getByText('Show older'))
      .first()
      .waitFor()
    await panel.show('Tokens')
    await panel.page.getByRole('link', { name: /^tk_/ }).first().click()
    await panel.heading('Audit').waitFor()
    await panel.says('1 entry: all that fit')
  })

  it('shows at once what was set elsewhere, and ends who is there without a token where token control is turned on', async () => {
    const open = { enable: false, types: ['play'], kick: false } as const
    await daemon().ask((operations) => operations.setTokenControl(open))
    publishing(`${daemon().rtmp}/LiveApp/open?token=${await daemon().mint('open', 'publish')}`)
    await live(daemon(), 'open')
    const viewers = [1, 2].map(() => watching(`${daemon().http}/LiveApp/streams/open.flv`))
    const panel = await loggedIn('admin', { viewport: DESK })
    await panel.show('Settings')
    const limit = panel.page.getByLabel('Value of guess-limit')
    await daemon().set('guess-limit', '31')
    await eventually(async () => (await limit.inputValue()) === '31' || undefined)
    const file = join(daemon().dataDir, 'settings.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"guess-limit": "31"', '"guess-limit": "32"'))
    daemon().child.kill('SIGHUP')
    await eventually(async () => (await limit.inputValue()) === '32' || undefined)

    const control = 'Token control for playing'
    await panel.page.getByRole('switch', { name: control, checked: false }).click()
    await panel.says('2 connections let in without a token stay until they end by themselves, unless you end them now.')
    await panel.page.getByLabel('End those connections now').check()
    await panel.visited.shoot('panel-token-control')
    await panel.press('Turn on')
    await panel.says('Token control for playing is on; 2 connections ended.')
    await Promise.all(viewers)
    await panel.page.getByRole('switch', { name: control, checked: true }).waitFor()
    expect(await panel.page.evaluate('document.activeElement.ariaLabel')).toBe(control)
  })

  it('shows the login when it has ended elsewhere, and says when the server is gone', async () => {
    const panel = await loggedIn('admin', { viewport: DESK })
    await panel.show('Audit')
    const other = await PanelPage.open(panel.page.context(), panelUrl('users'))
    await other.heading('Users').waitFor()
    await other.page.route('**/panel/api/**', (route) => route.abort())
    await other.page.reload()
    await other.says(/The server cannot be reached/)
    await other.page.unroute('**/panel/api/**')
    await other.heading('Users').waitFor()
    await other.page
      .getByRole('button', { name: /^Change role of/ })
      .first()
      .click()
    await other.dialog(/^Make/).waitFor()
    await panel.press('Log out')
    await panel.heading('Log in to amsctl').waitFor()
    await other.dialog(/^Make/).waitFor({ state: 'hidden' })
    await other.says('Your login has ended. Please log in again.')
  })

  it('records, plays, downloads and deletes; stops a stream; keeps keys, users and passwords', async () => {
    publishing(`${daemon().rtmp}/LiveApp/show?token=${await daemon().mint('show', 'publish')}`)
    await live(daemon(), 'show')
    const panel = await loggedIn('admin', { viewport: DESK })
    await panel.press('Share show: mint a play token')
    expect(await panel.dialog('Mint tokens').getByLabel('Stream').inputValue()).toBe('show')
    await panel.press('Cancel')
    await panel.show('Streams')
    await panel.press('Record show')
    await panel.says('show is being recorded.')
    await eventually(async () => {
      const [recording] = await daemon().ask((operations) => operations.listRecordings())
      return (recording?.duration ?? 0) > 4 || undefined
    })
    await panel.press('Stop recording show')
    await panel.says('The recording of show is complete.')
    await panel.press('Stop stream show')
    await panel.press('Stop the stream')
    await panel.says('show is stopped.')
    await panel.show('Recordings')
    await panel.press('Play show.mp4')
    await panel.visited.plays()
    await panel.page.keyboard.press('Escape')
    const downloading = panel.page.waitForEvent('download')
    await panel.page.getByRole('link', { name: 'Download show.mp4' }).click()
    expect((await downloading).suggestedFilename()).toBe('show.mp4')
    await panel.press('Delete show.mp4')
    await panel.press('Delete the recording')
    await panel.says('show.mp4 is deleted.')

    await panel.show('API keys')
    await panel.press('Create a key')
    await panel.dialog('Create an API key').getByLabel('Note').fill('webshop')
    await panel.page.keyboard.press('Enter')
    const key = await panel.dialog('API key created').locator('code').first().textContent()
    noteSecrets(String(key))
    expect(key).toMatch(/^amsctl_/)
    await panel.page.evaluate('navigator.clipboard.writeText = Promise.reject; document.execCommand = () => false')
    await panel.press('Copy key')
    const failure = panel.dialog('API key created').locator('.toast', { hasText: 'does not let the page copy' })
    await failure.getByRole('button', { name: 'Dismiss' }).click()
    await failure.waitFor({ state: 'detached' })
    await panel.press('I have copied it')
    await panel.page.getByRole('row').filter({ hasText: 'webshop' }).getByRole('button').click()
    await panel.press('Revoke the key')
    await panel.says(/ak_\w+ is revoked/)

    await panel.show('Users')
    await panel.press('Create a user')
    await panel.dialog('Create a user').getByLabel('Name').fill('bob')
    await panel.dialog('Create a user').getByLabel('Password').fill(PANEL_PASSWORD)
    await panel.page.keyboard.press('Enter')
    await panel.dialog('Create a user').waitFor({ state: 'hidden' })
    const bob = await PanelPage.open(await aContext(browser(), STILL), panelUrl())
    await bob.logIn('bob')
    await panel.press('Change role of bob')
    await panel.press('Make an admin')
    await panel.says('bob is an admin.')
    await bob.says('Your login has ended. Please log in again.')
    await bob.logIn('bob')
    await bob.show('Tokens')
    await bob.page.getByRole('button', { name: 'Mint tokens' }).waitFor()
    await panel.press('Change role of bob')
    await panel.press('Make a viewer')
    await bob.says('Your login has ended. Please log in again.')
    await panel.press('Delete bob')
    await panel.press('Delete the user')
    await panel.says('bob is deleted.')
    await panel.press('Change your password')
    const own = panel.dialog('Change your password')
    await own.getByLabel('Current password').fill(PANEL_PASSWORD)
    await own.getByLabel('New password').fill(`${PANEL_PASSWORD}, and more`)
    await panel.page.keyboard.press('Enter')
    await panel.says(/Your password is changed/)
  })

  it('loads little, and from here alone', async () => {
    const context = await aContext(browser())
    const page = await context.newPage()
    const weight = weigh(page)
    await page.goto(panelUrl())
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    const { bytes, urls } = await weight()
    expect(bytes).toBeLessThan(LIMIT)
    expect(urls.filter((url) => !url.startsWith(daemon().http))).toEqual([])
    expect(urls.filter((url) => /hls|mpegts|mount/.test(url))).toEqual([])
  })
})

/** What `look` finds in each view, overflows and complaints; and its picture. Closes the page. */
async function faultsOf(
  panel: PanelPage,
  name: string,
  views: readonly string[],
  look: () => Promise<string[]>,
): Promise<string[]> {
  const faults: string[] = []
  for (const view of views) {
    await panel.showFilled(view)
    faults.push(...(await look()))
    if (await panel.page.evaluate('document.documentElement.scrollWidth > innerWidth'))
      faults.push(`${view} is too wide`)
    await panel.visited.shoot(`panel-${name}-${view.toLowerCase().replaceAll(' ', '-')}`)
  }
  await panel.page.close()
  return [...faults, ...panel.visited.complaints]
}

/** Reads a stream by a client whose name is markup, until it ends. */
function watching(url: string): Promise<void> {
  return new Promise((resolve) => {
    const asked = request(url, { headers: { 'User-Agent': MARKUP } }, (response) => response.resume())
    asked.on('error', () => resolve()).on('close', resolve)
    asked.end()
    onTestFinished(() => {
      asked.destroy()
    })
  })
}
