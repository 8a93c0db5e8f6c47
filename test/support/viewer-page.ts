import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, BrowserContextOptions, Frame, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'

const SHOTS = join(import.meta.dirname, '../../test-artefacts/pages')

/** Video that is scaled up without a graphics card takes most of a core. */
const SMALL = { width: 640, height: 440 }

/** A browser of its own as far as cookies go, closed when the test is over. */
export async function aContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: SMALL, permissions: ['camera', 'microphone'], ...options })
  onTestFinished(async () => {
    // An answer that a test gives to a page that is closed at that moment fails, and nobody hears of it.
    for (const routed of [context, ...context.pages()]) await routed.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  })
  return context
}

/** One of the pages that people are sent to, and everything that its browser sent and complained of. */
export class VisitedPage {
  readonly page: Page
  /** `METHOD url referer` of each request. */
  readonly requests: string[] = []
  /** Console errors, uncaught ones and dialogs; those of refused requests are the browser's own and left out. */
  readonly complaints: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('request', (request) => {
      this.requests.push(`${request.method()} ${request.url()} ${request.headers().referer ?? ''}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text())
      }
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog ${dialog.message()}`)
      void dialog.dismiss()
    })
  }

  static async open(context: BrowserContext, url: string): Promise<VisitedPage> {
    const visited = new VisitedPage(await context.newPage())
    await visited.page.goto(url)
    return visited
  }

  /** Resolves when `frames` more pictures have been shown. */
  async plays(frames = 10, where: Page | Frame = this.page): Promise<void> {
    const begin = await framesOf(where)
    await this.#until(async () => (await framesOf(where)) >= begin + frames, `${frames} pictures`, where)
  }

  /** Resolves when the player tells of `words` to whoever cannot see it. */
  async says(words: RegExp, within = 40_000, where: Page | Frame = this.page): Promise<void> {
    await this.#until(async () => words.test(await statusOf(where)), String(words), where, within)
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name }).first().click()
  }

  /** What axe-core finds of weight. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8'))
    return this.page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`)
  }

  /** Kept to be looked at. */
  async shoot(name: string): Promise<void> {
    await mkdir(SHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }

  async #until(done: () => Promise<boolean>, what: string, where: Page | Frame, within = 40_000): Promise<void> {
    await eventually(async () => ((await done()) ? true : undefined), within).catch(async (cause) => {
      const told = `${await statusOf(where)}; ${this.complaints.join('; ')}; ${this.requests.slice(-6).join('\n')}`
      throw new Error(`not reached: ${what}; ${told}`, { cause })
    })
  }
}

function framesOf(where: Page | Frame): Promise<number> {
  return where.evaluate<number>('document.querySelector("video")?.getVideoPlaybackQuality().totalVideoFrames ?? 0')
}

function statusOf(where: Page | Frame): Promise<string> {
  return where.evaluate<string>('document.querySelector("[role=status]")?.textContent ?? ""')
}
