import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { TokenType } from '../../src/domain/token.ts'
import { Inspections } from '../../src/media/inspection.ts'
import type { LiveStream, Publication } from '../../src/media/ports.ts'
import type { WebrtcEngine } from '../../src/media/webrtc/ports.ts'
import type { SignallingLimits } from '../../src/server/webrtc/limits.ts'
import { createSignalling } from '../../src/server/webrtc/server.ts'
import { FakeEngine, GOOD_SDP } from './fake-webrtc.ts'
import { aHttpHouse, type HttpHouseOptions } from './http-house.ts'

type Message = Record<string, unknown>

/** Signalling behind an HTTP server, over the real gate, store and hub; only the peers are not real. */
export async function aSignallingHouse(
  limits: Partial<SignallingLimits> = {},
  between: HttpHouseOptions['between'] = () => ({}),
) {
  return signallingHouseWith(new FakeEngine(), limits, between)
}

/** The same with peers of `engine`'s making. */
export async function signallingHouseWith<E extends WebrtcEngine>(
  engine: E,
  limits: Partial<SignallingLimits> = {},
  between: HttpHouseOptions['between'] = () => ({}),
) {
  const inspections = new Inspections({ onWarning: () => {} })
  const factsOf = (stream: LiveStream) => inspections.of(stream)
  const house = await aHttpHouse({
    between,
    signalling: ({ access, hub, settings, log }) =>
      createSignalling({ access, hub, engine, apps: ['LiveApp', 'Other'], settings, log, limits, factsOf }),
  })
  house.hub.onStart(inspections.begin)
  const page = (app = 'LiveApp', headers: Readonly<Record<string, string>> = {}) =>
    Page.open(`${house.wsUrl}/${app}/websocket?target=edge`, headers)
  const state = async (type: TokenType) => (await house.operations.listTokens({ type }))[0]?.state
  const goLive = (streamId = 'cam'): Publication => {
    const publication = house.hub.claim('LiveApp', streamId)
    if (!publication) throw new Error('the name is taken')
    publication.start({ protocol: 'rtmp', address: '127.0.0.1' })
    return publication
  }
  return { ...house, engine, page, state, goLive }
}

/** A page's end of the signalling. */
export class Page {
  readonly socket: WebSocket
  readonly closed: Promise<number>
  readonly #messages: Message[] = []
  #wake = () => {}

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('message', (data: Buffer) => {
      this.#messages.push(JSON.parse(data.toString()))
      this.#wake()
    })
    onTestFinished(() => socket.terminate())
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const page = new Page(new WebSocket(url, { headers }))
    await once(page.socket, 'open')
    return page
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The next message. */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift()
      if (message) return message
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The next message that is no candidate, in short: its definition or command. */
  async word(): Promise<unknown> {
    const { command, definition } = await this.next()
    return command === 'takeCandidate' ? this.word() : (definition ?? command)
  }

  /** Resolves once the server has read everything so far. */
  async settled(): Promise<unknown[]> {
    const words: unknown[] = []
    this.send({ command: 'ping' })
    for (;;) {
      const word = await this.word()
      if (word === 'pong') return words
      words.push(word)
    }
  }

  async offer(token: string, streamId = 'cam'): Promise<unknown> {
    this.send({ command: 'publish', streamId, token })
    const word = await this.word()
    if (word !== 'start') return word
    this.send({ command: 'takeConfiguration', streamId, type: 'offer', sdp: GOOD_SDP })
    return this.word()
  }

  async answer(token: string, streamId = 'cam'): Promise<unknown> {
    this.send({ command: 'play', streamId, token })
    const word = await this.word()
    if (word !== 'takeConfiguration') return word
    this.send({ command: 'takeConfiguration', streamId, type: 'answer', sdp: GOOD_SDP })
    await this.settled()
    return word
  }
}
