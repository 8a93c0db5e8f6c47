import type { IncomingMessage } from 'node:http'
import type { SettingValues } from '../../domain/settings.ts'
import { isStreamId } from '../../domain/stream-id.ts'
import type { TokenType } from '../../domain/token.ts'
import type { StreamFacts } from '../../media/inspection.ts'
import type { LiveStream, MediaHub } from '../../media/ports.ts'
import type { WebrtcEngine } from '../../media/webrtc/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { signallingRequest } from './access.ts'
import { EarlyCandidates } from './early-candidates.ts'
import type { Exchange, ExchangeContext } from './exchange.ts'
import type { HalfOpen } from './half-open.ts'
import { LONGEST_CANDIDATE, LONGEST_MID, MOST_STREAMS, type SignallingLimits } from './limits.ts'
import {
  type Command,
  errorReply,
  type Fault,
  iceServerConfig,
  type Reply,
  readCommand,
  streamInformation,
} from './messages.ts'
import { PageDoor } from './page-door.ts'
import { OfferedPlaying } from './playing.ts'
import { Publishing } from './publishing.ts'

export interface ClientContext {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly engine: WebrtcEngine
  readonly settings: () => SettingValues
  readonly log: Log
  readonly factsOf: (stream: LiveStream) => StreamFacts
  readonly limits: SignallingLimits
  readonly halfOpen: HalfOpen
  readonly app: string
  readonly handshake: IncomingMessage
  send(reply: Reply): void
}

/** One page: the streams of its socket, by their ids. */
export class SignallingClient {
  ignored = 0
  readonly #context: ClientContext
  readonly #exchanges = new Map<string, Exchange>()
  readonly #early = new EarlyCandidates()
  /** The stream that the page stopped last. */
  #stopped: string | undefined
  #gone = false

  constructor(context: ClientContext) {
    this.#context = context
  }

  receive(text: string): void {
    if (this.#gone) return
    const command = readCommand(text)
    if (command) this.#obey(command)
    else this.ignored += 1
  }

  gone(): void {
    this.#gone = true
    for (const exchange of [...this.#exchanges.values()]) exchange.leave('lost')
  }

  #obey(message: Command): void {
    const { send, engine } = this.#context
    const exchange = this.#exchanges.get(message.streamId)
    switch (message.command) {
      case 'publish':
      case 'play':
        return void this.#open(message, message.command)
      case 'takeConfiguration':
        return void this.#configure(message, exchange)
      case 'takeCandidate':
        return void this.#takeCandidate(message, exchange)
      case 'stop':
        if (exchange) this.#stopped = message.streamId
        return void exchange?.leave('ended')
      case 'ping':
        return void send({ command: 'pong' })
      case 'getIceServerConfig':
        return void send(iceServerConfig(engine.iceServers))
      case 'getStreamInfo':
        return void this.#tellStream(message, exchange)
      default:
        this.ignored += 1
    }
  }

  #open(message: Command, type: TokenType): void {
    const fault = this.#faultOf(message)
    if (fault) return void this.#fail(message, fault)
    const former = this.#exchanges.get(message.streamId)
    if (former && this.#isRepeat(message, type, former)) return
    former?.leave('lost')
    const exchange = this.#make(message, type)
    this.#exchanges.set(message.streamId, exchange)
    this.#early.handTo(exchange)
    exchange.begin()
  }

  #faultOf({ streamId }: Command): Fault | undefined {
    if (streamId === '') return { definition: 'noStreamNameSpecified' }
    if (!isStreamId(streamId)) return { definition: 'invalidStreamName' }
    if (this.#exchanges.size < MOST_STREAMS || this.#exchanges.has(streamId)) return undefined
    return { definition: 'not_initialized_yet', information: `at most ${MOST_STREAMS} streams on one connection` }
  }

  /** A page that gets no answer in time asks again with the same token: that must cost it nothing. */
  #isRepeat(message: Command, type: TokenType, former: Exchange): boolean {
    if (former.phase === 'live' || former.phase === 'spending') {
      this.#fail(message, { definition: former.type === 'publish' ? 'already_publishing' : 'already_playing' })
      return true
    }
    if (former.type !== type || former.token !== message.token) return false
    // The gate is still being asked for the same.
    if (former.phase === 'opening') return true
    if (!(former instanceof Publishing) || former.hasPeer) return false
    former.repeat()
    return true
  }

  #make({ streamId, token }: Command, type: TokenType): Exchange {
    const { app, handshake, settings, limits, halfOpen, access, hub, engine, log, send } = this.#context
    const { 'public-url': publicUrl, 'trusted-proxies': trustedProxies } = settings()
    const how = { token, trustedProxies, publicUrl }
    const context: ExchangeContext = {
      access,
      hub,
      engine,
      log,
      door: new PageDoor({ streamId, type, send }),
      token,
      request: signallingRequest(handshake, { app, streamId, type }, how),
      negotiation: limits.negotiation,
      halfOpen,
      onOver: (over) => {
        if (this.#exchanges.get(streamId) === over) this.#exchanges.delete(streamId)
      },
    }
    return type === 'publish' ? new Publishing(context) : new OfferedPlaying(context)
  }

  #configure(message: Command, exchange: Exchange | undefined): void {
    if (exchange) exchange.configure(message.type, message.sdp)
    // AMS's client stops, and still sends the answer that its browser was making.
    else if (message.streamId === this.#stopped) this.ignored += 1
    else this.#fail(message, { definition: 'not_initialized_yet' })
  }

  /** They may come before the command that they belong to. */
  #takeCandidate({ streamId, candidate, id }: Command, exchange: Exchange | undefined): void {
    if (candidate.length > LONGEST_CANDIDATE || id.length > LONGEST_MID) this.ignored += 1
    else if (exchange) exchange.addCandidate(candidate, id)
    else if (isStreamId(streamId)) this.#early.keep({ streamId, candidate, mid: id })
  }

  /** To a socket without a session every stream is one that does not exist. */
  #tellStream(message: Command, exchange: Exchange | undefined): void {
    const { app, factsOf, hub, send } = this.#context
    const stream = exchange?.phase === 'live' ? hub.find(app, message.streamId) : undefined
    if (stream) send(streamInformation(message.streamId, { ...factsOf(stream), videoCodec: stream.videoCodec }))
    else this.#fail(message, { definition: 'no_stream_exist' })
  }

  #fail({ streamId }: Command, fault: Fault): void {
    this.#context.send(errorReply(streamId, fault))
  }
}
