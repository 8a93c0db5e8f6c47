import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'
import { programPath } from './programs.ts'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** A camera and a microphone that nobody is asked about, and peers on this machine. */
export const WITH_WEBRTC = [
  '--allow-loopback-in-peer-connection',
  // Few pictures, for each costs time to encode.
  '--use-fake-device-for-media-stream=fps=15',
  '--use-fake-ui-for-media-stream',
]

/** By the path that it is served at. */
export type PageFiles = Readonly<Record<string, { readonly read: () => Promise<Buffer>; readonly contentType: string }>>

const FILES: PageFiles = {
  '/player.html': { read: () => readFile(join(import.meta.dirname, 'player.html')), contentType: 'text/html' },
  '/hls.js': {
    read: () => readFile(fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'))),
    contentType: 'text/javascript',
  },
}

/** Chromium, closed when the test is over. */
export async function aBrowser(flags: readonly string[] = []): Promise<Browser> {
  const browser = await startChromium(flags)
  onTestFinished(() => browser.close())
  return browser
}

/** Within `describe`: one Chromium for its tests. */
export function sharedBrowser(flags: readonly string[] = []): () => Browser {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await startChromium(flags)
  })
  afterAll(() => browser?.close())
  return () => {
    if (browser) return browser
    throw new Error('there is a browser only while tests run')
  }
}

function startChromium(flags: readonly string[]): Promise<Browser> {
  const executablePath = programPath('chromium') ?? 'chromium'
  return chromium.launch({ executablePath, headless: true, args: [...ARGUMENTS, ...flags] })
}

/** A web server that has a page with a player, and is not the daemon. */
export async function aPageServer(files: PageFiles = FILES): Promise<string> {
  const server = createServer(async ({ url = '' }, response) => {
    const file = files[url]
    if (!file) return void response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': file.contentType }).end(await file.read())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

interface PlayerState {
  readonly seconds: number
  readonly frames: number
  /** Seconds since what is shown by hls.js came in, by the program date time. */
  readonly delay: number | null
  readonly errors: readonly string[]
}

/** A page with a `<video>`. */
export class PlayerPage {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  /** Opens the page as one of `origin`, which does not have it. */
  static async within(origin: string, browser: Browser): Promise<PlayerPage> {
    const page = await browser.newPage()
    for (const [name, { read, contentType }] of Object.entries(FILES)) {
      await page.route(`${origin}${name}`, async (route) => route.fulfill({ body: await read(), contentType }))
    }
    await page.goto(`${origin}/player.html`)
    return new PlayerPage(page)
  }

  /** Opens the page of {@link aPageServer}. */
  static async elsewhere(browser: Browser): Promise<PlayerPage> {
    const page = await browser.newPage()
    await page.goto(`${await aPageServer()}/player.html`)
    return new PlayerPage(page)
  }

  async playWithHlsJs(url: string, config: object = {}): Promise<void> {
    await this.#page.evaluate(`player.playWithHlsJs(${JSON.stringify(url)}, ${JSON.stringify(config)})`)
  }

  async playNatively(url: string): Promise<void> {
    await this.#page.evaluate(`player.playNatively(${JSON.stringify(url)})`)
  }

  canPlayNatively(): Promise<boolean> {
    return this.#page.evaluate<boolean>('player.canPlayNatively()')
  }

  close(): Promise<void> {
    return this.#page.close()
  }

  state(): Promise<PlayerState> {
    return this.#page.evaluate<PlayerState>('player.state()')
  }

  /** Resolves when `seconds` more have been played; fails with the player's errors where that takes too long. */
  async plays(seconds: number): Promise<PlayerState> {
    const begin = await this.state()
    const goal = (begin.frames === 0 ? (await this.#firstFrame()).seconds : begin.seconds) + seconds
    return this.#until((state) => state.seconds >= goal, `${seconds} s`, seconds * 1000 + 40_000)
  }

  #firstFrame(): Promise<PlayerState> {
    return this.#until((state) => state.frames > 0, 'the first picture', 40_000)
  }

  async #until(done: (state: PlayerState) => boolean, what: string, within: number): Promise<PlayerState> {
    let last: PlayerState | undefined
    const reached = async () => {
      last = await this.state()
      return done(last) ? last : undefined
    }
    return eventually(reached, within).catch((cause) => {
      throw new Error(`not played: ${what}; ${JSON.stringify(last)}`, { cause })
    })
  }
}
