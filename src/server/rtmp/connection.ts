import type { Socket } from 'node:net'
import type { AccessRequest } from '../../domain/access.ts'
import { canonicalAddress } from '../../domain/address.ts'
import type { EndReason } from '../../domain/session.ts'
import { printable } from '../../domain/stream-id.ts'
import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { type Asker, type Denial, deny, denyFailed, readRequest } from './access.ts'
import { abandon, admit, type Client, type Entry } from './admit.ts'
import type { AmfObject } from './amf0.ts'
import { largestMessage, largestTotal, mostUnread, type Phase, type RtmpLimits } from './limits.ts'
import { type Command, isCommand, isMedia, type Message, readCommand } from './message.ts'
import { MessageQueue } from './message-queue.ts'
import { Player } from './player.ts'
import { RtmpProtocol } from './protocol.ts'
import { ProtocolError } from './protocol-error.ts'
import { Publisher } from './publisher.ts'
import { Replies } from './replies.ts'
import { describeEnd, type Role } from './role.ts'

export interface ConnectionContext {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly apps: readonly string[]
  readonly protocol: 'rtmp' | 'rtmps'
  readonly log: Log
  readonly limits: RtmpLimits
}

const KEEP_ALIVE: Milliseconds = 30_000
const LONGEST_USER_AGENT = 128

/** One RTMP client, from its first byte to its last. */
export class RtmpConnection implements Client {
  readonly #socket: Socket
  readonly #context: ConnectionContext
  readonly #protocol: RtmpProtocol
  readonly #replies: Replies
  readonly #address: string
  readonly #queue = new MessageQueue()
  #phase: Phase = 'open'
  /** What the client asked for, once it has. */
  #type: TokenType | undefined
  #role: Role | undefined
  /** Of the role that is over. */
  #bytes = 0
  #connectObject: AmfObject | undefined
  /** The message stream that the client asked on. */
  #streamId = 0
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket
    this.#context = context
    this.#address = canonicalAddress(socket.remoteAddress ?? '')
    this.#protocol = new RtmpProtocol({
      output: (data) => this.#write(data),
      received: (message) => this.#receive(message),
      largest: (type) => largestMessage(type, this.#phase, this.#type),
      largestTotal: () => largestTotal(this.#phase, this.#type),
    })
    this.#replies = new Replies(this.#protocol)
    this.#listen()
  }

  isGone(): boolean {
    return this.#phase === 'closing' || this.#socket.destroyed
  }

  bytes(): number {
    return this.#role?.bytes ?? this.#bytes
  }

  /** The gate has ended the session. */
  close(reason: EndReason): void {
    if (this.isGone()) return
    const role = this.#takeRole()
    role?.dismiss(reason)
    if (role && this.#type === 'play') this.#replies.streamEnded(this.#streamId)
    this.#refuse(deny(this.#type ?? 'play', describeEnd(reason)))
  }

  /** The server stops: the session may go on when it is back. */
  shutdown(): void {
    if (this.isGone()) return
    const role = this.#takeRole()
    role?.left('lost')
    if (role && this.#type === 'play') this.#replies.streamEnded(this.#streamId)
    if (role && this.#type === 'publish') this.#replies.unpublished(this.#streamId)
    this.#finish()
  }

  #listen(): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE)
    socket.on('data', (data) => this.#guard(() => this.#protocol.receive(data)))
    socket.on('timeout', () => this.#drop('the publisher is silent'))
    // Whatever it was, 'close' follows.
    socket.on('error', (error) =>
      this.#context.log.debug({ address: this.#address, error: error.message }, 'rtmp socket'),
    )
    socket.on('close', () => this.#gone())
    this.#awaitCommand()
  }

  #awaitCommand(): void {
    const { commandTimeout } = this.#context.limits
    this.#timer = setTimeout(() => this.#drop('no command in time'), commandTimeout)
  }

  /** Whatever is thrown over what a client sends ends that client alone. */
  #guard(work: () => void): void {
    if (this.#phase === 'closing') return
    try {
      work()
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#context.log.error({ address: this.#address, error }, 'rtmp bug')
      this.#drop(error instanceof Error ? error.message : String(error))
    }
  }

  #receive(message: Message): void {
    if (this.#phase === 'closing') return
    if (this.#phase === 'pending') this.#queue.add(message)
    else if (isCommand(message.type)) this.#obey(readCommand(message), message.streamId)
    else if (isMedia(message.type)) this.#takeMedia(message)
  }

  #takeMedia(message: Message): void {
    if (!this.#role) throw new ProtocolError('media from a client that is not publishing')
    this.#role.receive(message)
  }

  #obey(command: Command, streamId: number): void {
    switch (command.name) {
      case 'connect':
        this.#connect(command)
        break
      case 'createStream':
        this.#replies.streamCreated(command.transaction)
        break
      case 'publish':
      case 'play':
        this.#ask(command.name, command, streamId)
        break
      case 'FCUnpublish':
      case 'closeStream':
      case 'deleteStream':
        this.#stop()
        break
      case 'getStreamLength':
        this.#replies.result(command.transaction, 0)
        break
      case 'releaseStream':
      case 'FCPublish':
      case 'FCSubscribe':
      case '_checkbw':
        this.#replies.result(command.transaction, null)
        break
      default:
        // Such as pause, receiveAudio or onBWDone: nothing depends on them.
        break
    }
  }

  #connect(command: Command): void {
    if (this.#phase !== 'open') throw new ProtocolError('connect on a stream')
    if (command.object instanceof Map && typeof command.object.get('app') === 'string') {
      this.#connectObject = command.object
      this.#replies.connected(command.transaction)
      return
    }
    this.#replies.connectRefused(command.transaction, 'connect must name its app in text')
    this.#finish()
  }

  #ask(type: TokenType, command: Command, streamId: number): void {
    if (this.#phase !== 'open') throw new ProtocolError('one stream a connection')
    if (!this.#connectObject) throw new ProtocolError(`${type} before connect`)
    clearTimeout(this.#timer)
    this.#type = type
    this.#streamId = streamId
    const request = readRequest(this.#connectObject.get('app') ?? null, command.args[0], this.#asker(type))
    if ('ok' in request) {
      this.#refuse(request)
      return
    }
    this.#phase = 'pending'
    this.#socket.pause()
    void this.#enter(request)
  }

  #asker(type: TokenType): Asker {
    const { protocol, apps } = this.#context
    const version = this.#connectObject?.get('flashVer')
    const userAgent = typeof version === 'string' ? printable(version, LONGEST_USER_AGENT) : null
    return { type, protocol, address: this.#address, userAgent, apps }
  }

  async #enter(request: AccessRequest): Promise<void> {
    try {
      const answer = await admit(this.#context, request, this)
      if (!answer) return
      if (!answer.ok) this.#refuse(answer)
      else if (this.isGone()) abandon(answer)
      else this.#guard(() => this.#begin(request, answer))
    } catch (error) {
      this.#context.log.error({ address: this.#address, error }, 'rtmp access failed')
      this.#refuse(denyFailed(request.type))
    }
  }

  #begin(request: AccessRequest, entry: Entry): void {
    const name = `${request.app}/${request.streamId}`
    this.#phase = 'active'
    if (entry.type === 'publish') {
      entry.publication.start({ protocol: this.#context.protocol, address: this.#address })
      this.#role = new Publisher(entry.publication, entry.admission)
      this.#replies.publishStarted(this.#streamId, name)
      this.#socket.setTimeout(this.#context.limits.publisherIdle)
    } else {
      this.#replies.playStarted(this.#streamId, name)
      this.#role = new Player(entry.stream, entry.admission, this.#socket, (reason) => this.#watched(reason))
    }
    for (const message of this.#queue.take()) this.#receive(message)
    this.#socket.resume()
  }

  /** A clean end; the connection may ask for something else. */
  #stop(): void {
    const role = this.#takeRole()
    if (!role) return
    role.left('ended')
    if (this.#type === 'publish') this.#replies.unpublished(this.#streamId)
    this.#phase = 'open'
    this.#socket.setTimeout(0)
    this.#awaitCommand()
  }

  /** A player's stream is over, or the player too slow for it. */
  #watched(reason: 'stream-ended' | 'slow'): void {
    this.#takeRole()
    if (reason === 'slow') {
      this.#drop('too slow')
      return
    }
    this.#replies.streamEnded(this.#streamId)
    this.#finish()
  }

  #refuse(denial: Denial): void {
    if (this.isGone()) return
    this.#context.log.debug({ address: this.#address, ...denial }, 'rtmp client refused')
    this.#replies.denied(this.#streamId, denial)
    this.#finish()
  }

  /** Ends the client politely; it gets a moment to read why, and is read so that no reset overtakes that. */
  #finish(): void {
    if (this.#phase === 'closing') return
    this.#phase = 'closing'
    this.#queue.take()
    clearTimeout(this.#timer)
    this.#socket.setTimeout(0)
    this.#socket.end()
    this.#socket.resume()
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#context.limits.closingTimeout)
  }

  #drop(why: string): void {
    if (this.isGone()) return
    this.#context.log.debug({ address: this.#address, why }, 'rtmp client dropped')
    this.#phase = 'closing'
    this.#socket.destroy()
    this.#gone()
  }

  #gone(): void {
    this.#phase = 'closing'
    clearTimeout(this.#timer)
    this.#queue.take()
    this.#takeRole()?.left('lost')
  }

  #takeRole(): Role | undefined {
    const role = this.#role
    this.#role = undefined
    if (role) this.#bytes = role.bytes
    return role
  }

  #write(data: Buffer): void {
    if (!this.#socket.writable) return
    this.#socket.write(data)
    if (this.#socket.writableLength > mostUnread(this.#phase)) this.#drop('does not read')
  }
}
