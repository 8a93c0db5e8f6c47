import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { noteSecret, noteSecrets } from './leaks.ts'
import { VisitedPage } from './viewer-page.ts'

export const PANEL_PASSWORD = noteSecret('nine lives of a cat')

/** By their headings. */
export const PANEL_VIEWS = [
  'Streams',
  'Tokens',
  'Sessions',
  'Recordings',
  'Audit',
  'Settings',
  'API keys',
  'Users',
] as const

/** What a way to open a minted stream is called in the dialog that shows it. */
type Way = 'RTMP' | 'HTTP-FLV' | 'Share link'

interface AxeViolation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** The panel in a browser, used as a person does: by roles, names and keys. */
export class PanelPage {
  readonly visited: VisitedPage
  readonly page: Page

  private constructor(visited: VisitedPage) {
    this.visited = visited
    this.page = visited.page
    this.page.setDefaultTimeout(30_000)
  }

  static async open(context: BrowserContext, url: string): Promise<PanelPage> {
    return new PanelPage(await VisitedPage.open(context, url))
  }

  async logIn(name: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name)
    await this.page.getByLabel('Password').fill(PANEL_PASSWORD)
    await this.press('Log in')
    await this.heading('Streams').waitFor()
  }

  /** By the menu, which a phone opens first. */
  async show(name: string): Promise<void> {
    const menu = this.page.getByRole('button', { name: 'Menu' })
    const links = this.page.getByRole('navigation', { name: 'Panel' })
    await menu.or(links).first().waitFor()
    if (await menu.isVisible()) await menu.click()
    await links.getByRole('link', { name }).click()
    await this.heading(name).waitFor()
  }

  /** {@link show}, and what the view has to show. */
  async showFilled(name: string): Promise<void> {
    await this.show(name)
    await this.page.locator('main article, main td, main .setting, main .empty').first().waitFor()
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name, level: 1 })
  }

  dialog(name: string | RegExp): Locator {
    return this.page.getByRole('dialog', { name })
  }

  /** Of the open dialog, where there is one. */
  async press(name: string | RegExp): Promise<void> {
    const dialog = this.page.locator('dialog[open]')
    const where = (await dialog.count()) > 0 ? dialog : this.page
    await where.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) }).click()
  }

  /** Until `text` is said. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor()
  }

  async turnOn(name: string): Promise<void> {
    await this.page.getByRole('switch', { name }).click()
    await this.press('Turn on')
    await this.page.getByRole('switch', { name, checked: true }).waitFor()
  }

  /** Mints one token in the open dialog, leaves what is shown of it there, and returns one way to use it. */
  async mint(streamId: string, type: 'Publish' | 'Play', way: Way, note = ''): Promise<string> {
    const dialog = this.dialog('Mint tokens')
    await dialog.getByLabel(type, { exact: true }).check()
    await dialog.getByLabel('Stream').fill(streamId)
    await dialog.getByLabel('Note').fill(note)
    await this.press('Mint')
    const row = this.dialog('1 token minted').locator('.ways > div', { has: this.page.locator(`dt:text-is("${way}")`) })
    const url = row.locator('code')
    const text = String(await url.textContent())
    noteSecrets(text)
    return text
  }

  /** Names of what can be pressed in the view and is called so. */
  async buttons(name: RegExp): Promise<string[]> {
    const main = this.page.getByRole('main')
    const found = main.getByRole('button', { name }).or(main.getByRole('switch', { name }))
    return found.allInnerTexts()
  }

  /** Tabs until what `name` names has the focus. */
  async tabTo(name: string, most = 60): Promise<void> {
    for (let count = 0; count < most; count++) {
      await this.page.keyboard.press('Tab')
      if ((await this.page.evaluate<string>('document.activeElement.innerText.trim()')) === name) return
    }
    throw new Error(`not reached by Tab: ${name}`)
  }

  /** What axe finds that is serious or worse, by all of its rules or the given ones. */
  async findings(...rules: string[]): Promise<string[]> {
    if (await this.page.evaluate('typeof axe === "undefined"')) await this.page.evaluate(axe.source)
    const options = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) }
    const { violations } = await this.page.evaluate<{ violations: AxeViolation[] }>(
      `axe.run(document, ${JSON.stringify(options)})`,
    )
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }
}

/** Counts what a page loads, compressed, until the answer is asked for. */
export function weigh(page: Page): () => Promise<{ readonly bytes: number; readonly urls: readonly string[] }> {
  const loaded: Promise<{ url: string; bytes: number }>[] = []
  page.on('response', (response) => {
    if (!/document|stylesheet|script/.test(response.request().resourceType())) return
    const url = response.url()
    loaded.push(
      response.body().then(
        (body) => ({ url, bytes: gzipSync(body).length }),
        () => ({ url, bytes: 0 }),
      ),
    )
  })
  return async () => {
    const all = await Promise.all(loaded)
    return { bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), urls: all.map(({ url }) => url) }
  }
}
