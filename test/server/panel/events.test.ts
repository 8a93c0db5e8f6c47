import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type EventClient, snapshotOf, tell } from '../../../src/server/panel/event-client.ts'
import { EventFeed } from '../../../src/server/panel/events.ts'
import type { DaemonOperations } from '../../../src/services/daemon-operations.ts'
import type { Login } from '../../../src/services/logins.ts'
import { aPanelHouse, codeOf, type PanelClient, panelOfFile } from '../../support/panel-house.ts'
import { RawClient } from '../../support/raw-client.ts'

const house = panelOfFile()

/** What a page gets to know: each event by its name. */
class Listener {
  readonly events: { event: string; data: unknown }[] = []
  /** Whether it ended as it should, and was not cut off. */
  readonly ended: Promise<boolean>
  #text = ''
  #wake = () => {}

  private constructor(response: Response, abort: AbortController) {
    this.ended = this.#read(response).then(
      () => true,
      () => false,
    )
    onTestFinished(() => abort.abort())
  }

  static async of({ url, cookie }: PanelClient): Promise<Listener> {
    const abort = new AbortController()
    const headers = { Cookie: cookie ?? '' }
    const response = await fetch(`${url}/panel/api/events`, { headers, signal: abort.signal })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    return new Listener(response, abort)
  }

  async until(event: string, isIt: (data: unknown) => boolean = () => true): Promise<unknown> {
    for (;;) {
      const found = this.events.find((known) => known.event === event && isIt(known.data))
      if (found) return found.data
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async #read(response: Response): Promise<void> {
    for await (const chunk of response.body ?? []) {
      this.#text += Buffer.from(chunk).toString()
      const messages = this.#text.split('\n\n')
      this.#text = messages.pop() ?? ''
      for (const message of messages) this.#take(message)
      this.#wake()
    }
  }

  #take(message: string): void {
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? []
    if (event && data !== undefined) this.events.push({ event, data: JSON.parse(data) })
  }
}

describe('the events of the panel', () => {
  it('tell what there is at once, and then what changes', async () => {
    const { admin } = house()
    const listener = await Listener.of(admin)
    expect(await listener.until('streams')).toEqual([])
    expect(await listener.until('sessions')).toEqual([])
    expect(await listener.until('status')).toMatchObject({ running: true })
    await admin.call('createTokens', { app: 'LiveApp', streamId: 'cam', type: 'play' })
    expect(await listener.until('audit')).toMatchObject({ event: 'mint', by: 'user:admin', streamId: 'cam' })
    expect(await listener.until('tokens')).toEqual({})
    await admin.call('setTokenControl', { enable: true, types: ['play'] })
    const controlled = (data: unknown) => (data as { tokenControl: { play: boolean } }).tokenControl.play
    await listener.until('status', controlled)
    expect(await listener.until('settings')).toEqual({})
    // That time passes is no news.
    expect(listener.events.filter(({ event }) => event === 'status')).toHaveLength(2)
    expect(listener.events.filter(({ event }) => event === 'streams')).toHaveLength(1)
  })

  it('tell of what was changed by hand in the files that SIGHUP has read again', async () => {
    const { admin, daemon, dataDir } = house()
    const listener = await Listener.of(admin)
    await listener.until('status')
    const file = join(dataDir, 'settings.json')
    const stored = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...stored, settings: { ...stored.settings, 'guess-limit': '77' } }))
    await daemon.reload()
    for (const list of ['settings', 'keys', 'users']) expect(await listener.until(list)).toEqual({})
    expect(await listener.until('audit')).toMatchObject({ event: 'setting', by: 'daemon', message: 'guess-limit=77' })
    expect(await admin.call('showSettings')).toContainEqual(
      expect.objectContaining({ name: 'guess-limit', value: '77' }),
    )
  })

  it('are for whoever is logged in, and end with the login', async () => {
    const { browser, loggedIn } = house()
    const stranger = await browser().ask('/panel/api/events')
    expect([stranger.status, codeOf(stranger)]).toEqual([401, 'LOGIN_MISSING'])
    const viewer = await loggedIn('viewer', 'viewer')
    const [first, second] = [await Listener.of(viewer), await Listener.of(viewer)]
    await first.until('status')
    await viewer.must('/panel/api/logout', '')
    await Promise.all([first.ended, second.ended])
  })

  it('go to at most ten pages of a login', async () => {
    const user = await house().loggedIn('busy')
    for (let n = 0; n < 10; n++) await Listener.of(user)
    const more = await user.ask('/panel/api/events')
    expect([more.status, codeOf(more)]).toEqual([503, 'TOO_MANY_CONNECTIONS'])
    await Listener.of(house().admin)
  })
})

it('a daemon that stops ends them first', async () => {
  const { daemon, browser } = await aPanelHouse()
  const admin = browser()
  await admin.must('/panel/api/setup', { name: 'admin', password: 'correct horse battery staple' })
  const listener = await Listener.of(admin)
  await listener.until('status')
  await daemon.close()
  expect(await listener.ended).toBe(true)
})

/** A feed of its own, to which `loginOf` lets everybody in; it ticks when a page joins and when it is told to. */
async function aFeed(loginOf: (request: IncomingMessage) => Partial<Login>) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  let round = 0
  const source = {
    listStreams: async () => [{ app: 'x'.repeat(300_000), bytes: round++ }],
    listSessions: async () => [],
    status: async () => ({ running: true }),
  } as unknown as DaemonOperations
  const feed = new EventFeed(source, { listen: () => () => {} })
  const server = createServer((request, response) => {
    try {
      feed.join(response, {
        hash: 'h',
        userId: 'u',
        signal: new AbortController().signal,
        ...loginOf(request),
      } as Login)
    } catch {
      response.writeHead(503).end()
    }
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    feed.close()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const join = async (prepare: (client: RawClient) => void = () => {}): Promise<ServerResponse> => {
    const joined = once(server, 'request')
    const client = await RawClient.to(port)
    prepare(client)
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const [, response] = await joined
    return response
  }
  /** A page that takes nothing. */
  const idler = () => join(({ socket }) => void socket.pause())
  return { feed, join, idler, rounds: () => round }
}

it('who is there is told at once, what they have received every few seconds', () => {
  const told: string[] = []
  const response = { writableLength: 0, write: (text: string) => told.push(text) }
  const client = { response, sent: new Map(), waiting: [], stale: new Set(), ticks: 0, stalled: 0 }
  const tick = (...sessions: object[]) => {
    told.length = 0
    tell(client as unknown as EventClient, snapshotOf({ streams: [], sessions, status: {} }))
    return told.join('').includes('event: sessions')
  }
  const bytes = Array.from({ length: 11 }, (_, count) => tick({ id: 'a', bytes: count, lastSeen: `${count}` }))
  expect(bytes.filter(Boolean)).toHaveLength(3)
  expect([tick({ id: 'a' }, { id: 'b' }), tick({ id: 'b' }), tick({ id: 'b' })]).toEqual([true, true, false])
})

it('a page that takes nothing is dropped, and holds no more than one page may', async () => {
  const { feed, idler, rounds } = await aFeed(() => ({}))
  const response = await idler()
  let most = 0
  while (!response.destroyed && rounds() < 1000) {
    await feed.tick()
    await new Promise(setImmediate)
    most = Math.max(most, response.writableLength)
  }
  expect(response.destroyed).toBe(true)
  expect(most).toBeLessThan(1_000_000)
})

it('a page that takes nothing is let go when its login ends', async () => {
  const login = new AbortController()
  const { feed, idler } = await aFeed(() => ({ signal: login.signal }))
  const response = await idler()
  while (response.writableLength <= 256 * 1024) {
    await feed.tick()
    await new Promise(setImmediate)
  }
  const closed = once(response, 'close')
  login.abort()
  await closed
})

it('a page that is slow is dropped no sooner for all that others open', async () => {
  const { feed, join, idler } = await aFeed(() => ({ hash: crypto.randomUUID() as Login['hash'] }))
  const slow = await idler()
  while (slow.writableLength <= 256 * 1024) {
    await feed.tick()
    await new Promise(setImmediate)
  }
  for (let n = 0; n < 20; n++) {
    await join()
    await new Promise(setImmediate)
  }
  expect(slow.destroyed).toBe(false)
})

it('the pages of one user leave room for those of others', async () => {
  let joined = 0
  let user = 'viewer'
  const { join } = await aFeed(() => ({ userId: user, hash: `${user} ${joined++}` as Login['hash'] }))
  const statuses: number[] = []
  for (let n = 0; n < 31; n++) statuses.push((await join()).statusCode)
  expect([statuses.slice(0, 30).every((status) => status === 200), statuses[30]]).toEqual([true, 503])
  user = 'admin'
  expect((await join()).statusCode).toBe(200)
})
