import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import type { ServedDaemon } from './amsctl.ts'
import { aPageServer, type PageFiles } from './browser.ts'
import { eventually } from './eventually.ts'

let bundled: Promise<Buffer> | undefined

const FILES: PageFiles = {
  '/': { read: () => readFile(join(import.meta.dirname, 'ams-client.html')), contentType: 'text/html' },
  '/ams-client.js': {
    read: () => {
      bundled ??= bundle()
      return bundled
    },
    contentType: 'text/javascript',
  },
}

/** Ant Media's own client as its package has it, for a page. */
async function bundle(): Promise<Buffer> {
  const entryPoints = [join(import.meta.dirname, 'ams-client.js')]
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'iife', logLevel: 'error' })
  return Buffer.from(outputFiles[0]?.contents ?? [])
}

interface ClientState {
  /** Notifications and errors of the daemon in their order, such as `play_started cam`. */
  readonly heard: readonly string[]
  /** What the client tells of itself: its socket, its camera, its attempts. */
  readonly own: readonly string[]
  /** Decoded on the present connection. */
  readonly frames: number
  readonly width: number
  readonly soundEnergy: number
}

/** A page with Ant Media's client, on another server than the daemon. */
export class AmsPage {
  readonly page: Page
  #clients = 0

  private constructor(page: Page) {
    this.page = page
  }

  static async open(browser: Browser): Promise<AmsPage> {
    const page = await browser.newPage()
    // An open page keeps the camera, and the next one may then get no pictures of it.
    onTestFinished(() => page.close())
    await page.goto(await aPageServer(FILES))
    return new AmsPage(page)
  }

  /** A client with a WebSocket of its own. */
  publisher(url: string): Promise<AmsClient> {
    return this.#connect({ url, isPlayMode: false })
  }

  viewer(url: string): Promise<AmsClient> {
    return this.#connect({ url, isPlayMode: true })
  }

  async #connect(options: { url: string; isPlayMode: boolean }): Promise<AmsClient> {
    const name = `client-${this.#clients++}`
    await this.page.evaluate(`ams.connect('${name}', ${JSON.stringify(options)})`)
    return new AmsClient(this.page, name)
  }
}

export class AmsClient {
  readonly #page: Page
  readonly #name: string

  constructor(page: Page, name: string) {
    this.#page = page
    this.#name = name
  }

  async publish(streamId: string, token?: string): Promise<void> {
    await this.#call('publish', streamId, token)
  }

  async play(streamId: string, token?: string): Promise<void> {
    await this.#call('play', streamId, token)
  }

  async stop(streamId: string): Promise<void> {
    await this.#call('stop', streamId)
  }

  /** Closes its WebSocket, which it takes for a failure of the network. */
  async drop(): Promise<void> {
    await this.#call('drop')
  }

  async state(streamId: string): Promise<ClientState> {
    return (await this.#call('state', streamId)) as ClientState
  }

  /** Resolves when the client has been told `what` so many times. */
  async hears(streamId: string, what: string, times = 1, within = 40_000): Promise<void> {
    const line = `${what} ${streamId}`
    await this.#until(streamId, ({ heard }) => heard.filter((one) => one === line).length >= times, line, within)
  }

  /** Resolves when it has decoded `frames` more, and heard something where there is `sound`. */
  async watches(streamId: string, { frames = 25, sound = true } = {}): Promise<ClientState> {
    const first = await this.#until(streamId, (state) => state.frames > 0, 'the first picture')
    const goal = first.frames + frames
    const done = (state: ClientState) => state.frames >= goal && (!sound || state.soundEnergy > 0)
    return this.#until(streamId, done, `${frames} pictures${sound ? ' and sound' : ''}`)
  }

  #call(method: string, ...values: readonly unknown[]): Promise<unknown> {
    const written = [this.#name, ...values].map((value) => JSON.stringify(value) ?? 'undefined')
    return this.#page.evaluate(`ams.${method}(${written.join(', ')})`)
  }

  async #until(
    streamId: string,
    done: (state: ClientState) => boolean,
    what: string,
    within = 40_000,
  ): Promise<ClientState> {
    let last: ClientState | undefined
    const reached = async () => {
      last = await this.state(streamId)
      return done(last) ? last : undefined
    }
    return eventually(reached, within).catch((cause) => {
      throw new Error(`not reached: ${what}; ${JSON.stringify(last)}`, { cause })
    })
  }
}

/** Where Ant Media's clients connect to. */
export function signallingUrl(daemon: ServedDaemon): string {
  return `${daemon.http.replace('http', 'ws')}/LiveApp/websocket`
}
