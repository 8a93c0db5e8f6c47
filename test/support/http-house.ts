import type { FastifyPluginAsync } from 'fastify'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { SettingName } from '../../src/domain/settings.ts'
import type { TokenType } from '../../src/domain/token.ts'
import { createHub } from '../../src/media/hub.ts'
import { createHttpServer, type HttpServerOptions, type TlsMaterial } from '../../src/server/http/server.ts'
import { sessionRoute } from '../../src/server/http/session-route.ts'
import type { AuthenticateApiKey } from '../../src/server/rest/access.ts'
import { restRoutes } from '../../src/server/rest/routes.ts'
import type { Signalling } from '../../src/server/webrtc/server.ts'
import type { Whip } from '../../src/server/whip/routes.ts'
import type { AccessControl } from '../../src/services/access-control.ts'
import { administer } from '../../src/services/administration.ts'
import type { Log } from '../../src/services/log.ts'
import type { MintOrder } from '../../src/services/operations.ts'
import { FakeHls } from './fake-hls.ts'
import { FlvReader } from './flv.ts'
import { aHouse } from './services.ts'

const APPS = ['LiveApp', 'Other']

/** Fails the test that makes the server log a bug. */
const strictLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields, text) => {
    throw new Error(`${text}: ${JSON.stringify(fields)}`)
  },
}

type ServedParts = Pick<HttpServerOptions, 'access' | 'hub' | 'settings' | 'log'>

export interface HttpHouseOptions {
  readonly log?: Log
  readonly tls?: TlsMaterial
  /** Serves WebRTC's signalling. */
  readonly signalling?: (options: ServedParts) => Signalling
  /** Serves WHIP and WHEP. */
  readonly whip?: (options: ServedParts) => Whip
  /** What else is served. */
  readonly routes?: (settings: ServedParts['settings']) => FastifyPluginAsync[]
  /** Puts something between the server and the gate. */
  readonly between?: (gate: AccessControl) => Partial<AccessControl>
}

/** An HTTP server on a free port over the real hub, gate and store, with token control on. */
export async function aHttpHouse({ tls, log = strictLog, between = () => ({}), ...more }: HttpHouseOptions = {}) {
  const house = await aHouse()
  const hub = createHub({ latency: 0, publisherGrace: () => 0 })
  const hls = new FakeHls()
  const settings = () => house.settings.values
  const authenticateApiKey: AuthenticateApiKey = async (secret) =>
    house.apiKeys.find(secret) ?? { ok: false, code: 'ACCESS_DENIED', message: 'unknown API key' }
  const rest = restRoutes({ apps: APPS, settings, operations: (by) => administer(house, by), authenticateApiKey })
  const { gate } = house
  const access: AccessControl = {
    reserve: (request) => gate.reserve(request),
    visit: (request) => gate.visit(request),
    peek: (request) => gate.peek(request),
    ...between(gate),
  }
  const whip = more.whip?.({ access, hub, settings, log })
  const routes = [
    rest,
    sessionRoute({ access, apps: APPS, settings, hub }),
    ...(whip ? [whip.routes] : []),
    ...(more.routes?.(settings) ?? []),
  ]
  const signalling = more.signalling?.({ access, hub, settings, log })
  const server = createHttpServer({
    access,
    hub,
    hls,
    vod: house.library,
    apps: APPS,
    settings,
    log,
    routes,
    ...(signalling && { signalling }),
    ...(tls && { tls }),
  })
  const { port } = await server.start({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    signalling?.close()
    whip?.close()
    await server.close()
    hub.close()
    await house.store.close()
  })
  await house.settings.setTokenControl(['publish', 'play'], true)
  return {
    ...house,
    hub,
    hls,
    server,
    signalling,
    whip,
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    wsUrl: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    set: (name: SettingName, value: string) => house.settings.set(name, value),
    mint: (order: Partial<MintOrder> = {}) => mint(house, order),
  }
}

export type HttpHouse = Awaited<ReturnType<typeof aHttpHouse>>

async function mint(house: Awaited<ReturnType<typeof aHouse>>, order: Partial<MintOrder>): Promise<string> {
  const type: TokenType = 'play'
  const [token] = await house.operations.createTokens({ app: 'LiveApp', streamId: 'cam', type, ...order })
  if (!token?.tokenId) throw new Error('a mint returned no secret')
  return token.tokenId
}

/** A player of HTTP-FLV. */
export class HttpPlayer {
  readonly response: Response
  readonly flv = new FlvReader()
  readonly #body: ReadableStreamDefaultReader<Uint8Array>

  private constructor(response: Response, body: ReadableStreamDefaultReader<Uint8Array>) {
    this.response = response
    this.#body = body
  }

  static async open(url: string, init: RequestInit = {}): Promise<HttpPlayer> {
    const response = await fetch(url, init)
    if (response.status !== 200 || !response.body) throw new Error(`${response.status} ${await response.text()}`)
    const player = new HttpPlayer(response, response.body.getReader())
    onTestFinished(() => player.leave())
    return player
  }

  /** Plays until a frame with `text` has come. */
  async until(text: string): Promise<void> {
    while (!this.flv.frames.includes(text)) {
      if (!(await this.#read())) throw new Error(`the stream ended before "${text}"`)
    }
  }

  /** Plays to the end: true if it ended properly, false if the connection was cut. */
  async toEnd(): Promise<boolean> {
    try {
      while (await this.#read());
      return true
    } catch {
      // fetch has no other word for a connection that was cut.
      return false
    }
  }

  async leave(): Promise<void> {
    await this.#body.cancel().catch(() => {})
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#body.read()
    if (value) this.flv.push(value)
    return !done
  }
}

/** A player of WS-FLV. */
export class WsPlayer {
  readonly flv = new FlvReader()
  readonly socket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  #wake = () => {}

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) throw new Error('a text message on WS-FLV')
      this.flv.push(data)
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    onTestFinished(() => socket.terminate())
  }

  /** Rejects with `HTTP status` where the upgrade is refused. */
  static open(url: string, headers: Record<string, string> = {}, rejectUnauthorized = true): Promise<WsPlayer> {
    const socket = new WebSocket(url, { headers, rejectUnauthorized })
    const player = new WsPlayer(socket)
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(player))
      socket.on('unexpected-response', (_request, response) => {
        reject(new Error(`HTTP ${response.statusCode}`))
        socket.terminate()
      })
      socket.on('error', reject)
    })
  }

  async until(text: string): Promise<void> {
    while (!this.flv.frames.includes(text)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        void this.closed.then(({ code }) => reject(new Error(`closed with ${code} before "${text}"`)))
      })
    }
  }
}
