import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type DaemonOptions, startDaemon } from '../../src/daemon/daemon.ts'
import { createLog } from '../../src/daemon/log.ts'
import type { Role } from '../../src/domain/user.ts'
import type { PanelSession } from '../../src/server/panel/session.ts'
import { temporaryDirectory } from './amsctl.ts'
import { expectNoLeaks, noteSecret, noteSecrets } from './leaks.ts'

export const PASSWORD = noteSecret('correct horse battery staple')

/** A daemon in this process, with its panel; when the test is over no secret must stand in its files or its log. */
export async function aPanelHouse(options: Partial<DaemonOptions> = {}) {
  const house = await open(await temporaryDirectory(), options)
  onTestFinished(house.close)
  return house
}

export type PanelHouse = Awaited<ReturnType<typeof aPanelHouse>>

/** One that the tests of a file share, for it takes long to start; `admin` is logged in. */
export function panelOfFile(options: Partial<DaemonOptions> = {}): () => AdminHouse {
  let house: AdminHouse | undefined
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'amsctl-'))
    house = await withAdmin(await open(directory, options))
  })
  afterAll(async () => {
    await house?.close()
    await rm(directory, { recursive: true, force: true })
  })
  return () => {
    if (!house) throw new Error('the house is not open')
    return house
  }
}

async function open(dataDir: string, options: Partial<DaemonOptions>) {
  const lines: string[] = []
  const daemon = await startDaemon({
    dataDir,
    store: null,
    node: 'house',
    host: '127.0.0.1',
    rtmpPort: 0,
    httpPort: 0,
    rtmpsPort: 0,
    httpsPort: 0,
    tls: null,
    apps: ['LiveApp', 'Other'],
    mediaDir: join(dataDir, 'streams'),
    record: 'off',
    latency: 0,
    panel: true,
    webrtc: { port: 0, publicAddress: undefined, iceServers: [] },
    log: createLog({ format: 'json', colour: false, level: 'debug', write: (line) => void lines.push(line) }),
    ...options,
  })
  const close = async () => {
    await daemon.close()
    await expectNoLeaks(dataDir, lines)
  }
  const port = daemon.status().listen.http?.port ?? 0
  const url = `http://127.0.0.1:${port}`
  return { daemon, dataDir, url, port, close, browser: () => new PanelClient(url) }
}

async function withAdmin(house: PanelHouse) {
  const admin = house.browser()
  await admin.must('/panel/api/setup', { name: 'admin', password: PASSWORD })
  return {
    ...house,
    admin,
    /** A browser in which a new user has logged in. */
    loggedIn: (name: string, role: Role = 'admin') => aUser(house, admin, { name, role }),
  }
}

export type AdminHouse = Awaited<ReturnType<typeof withAdmin>>

async function aUser(house: PanelHouse, admin: PanelClient, user: { name: string; role: Role }): Promise<PanelClient> {
  await admin.call('createUser', { ...user, password: PASSWORD })
  const browser = house.browser()
  await browser.must('/panel/api/login', { name: user.name, password: PASSWORD })
  return browser
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
  readonly text: string
}

/** What a page of the panel does: it keeps one cookie, and sends JSON with the CSRF token. */
export class PanelClient {
  readonly url: string
  cookie: string | undefined
  csrf: string | undefined

  constructor(url: string) {
    this.url = url
  }

  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { ...(this.cookie && { Cookie: this.cookie }), ...init.headers }
    const response = await fetch(this.url + path, { redirect: 'manual', ...init, headers })
    const text = await response.text()
    noteSecrets(text)
    this.#keep(response.headers.getSetCookie())
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : text }
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.ask(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(this.csrf && { 'X-CSRF-Token': this.csrf }), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const { csrf } = (answer.body ?? {}) as { csrf?: string | null }
    if (typeof csrf === 'string') this.csrf = noteSecret(csrf)
    return answer
  }

  /** {@link post}, for when it must succeed. */
  async must(path: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const answer = await this.post(path, body, headers)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }

  call(operation: string, params: unknown = {}): Promise<unknown> {
    return this.must(`/panel/api/call/${operation}`, params)
  }

  async session(): Promise<PanelSession> {
    return (await this.ask('/panel/api/session')).body as PanelSession
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [pair = ''] = cookie.split(';')
      const secret = pair.slice(pair.indexOf('=') + 1)
      this.cookie = secret === '' ? undefined : pair
      if (secret !== '') noteSecret(secret)
    }
  }
}

/** The code of a refusal. */
export function codeOf({ body }: Answer): string | undefined {
  return (body as { error?: { code?: string } }).error?.code
}
