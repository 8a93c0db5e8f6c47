import type { AccessRequest } from '../../domain/access.ts'
import type { EndReason } from '../../domain/session.ts'
import { printable } from '../../domain/stream-id.ts'
import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { type Denial, deny, denyFailed, readRequest } from './access.ts'
import { abandon, admit, type Client, type Entry } from './admit.ts'
import type { AmfValue } from './amf0.ts'
import { ClientSocket, type Wire } from './client-socket.ts'
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

const LONGEST_USER_AGENT = 128
/** What a dismissed player gets to read why; what its kernel has not taken by then is not sent any more. */
const DISMISSAL: Milliseconds = 300

/** One RTMP client, from its first byte to its last. */
export class RtmpConnection implements Client {
  readonly #context: ConnectionContext
  readonly #client: ClientSocket
  readonly #replies: Replies
  readonly #queue = new MessageQueue()
  #phase: Phase = 'open'
  /** What the client asked for, once it has. */
  #type: TokenType | undefined
  #role: Role | undefined
  /** Of the role that is over. */
  #bytes = 0
  /** As `connect` named it. */
  #app: string | undefined
  #userAgent: string | null = null
  /** The message stream that the client asked on. */
  #streamId = 0

  constructor(wire: Wire, context: ConnectionContext) {
    const protocol = new RtmpProtocol({
      output: (data) => this.#client.write(data, mostUnread(this.#phase, this.#type)),
      received: (message) => this.#receive(message),
      largest: (type) => largestMessage(type, this.#phase, this.#type),
      largestTotal: () => largestTotal(this.#phase, this.#type),
    })
    this.#context = context
    this.#replies = new Replies(protocol)
    this.#client = new ClientSocket(wire, {
      log: context.log,
      closingTimeout: context.limits.closingTimeout,
      onData: (data) => protocol.receive(data),
      onGone: () => this.#takeRole()?.left('lost'),
    })
    this.#awaitCommand()
  }

  isGone(): boolean {
    return this.#client.isGone
  }

  bytes(): number {
    return this.#role?.bytes ?? this.#bytes
  }

  /** The gate has ended the session. */
  close(reason: EndReason): void {
    if (this.isGone()) return
    const role = this.#takeRole()
    role?.dismiss(reason)
    const denial = deny(this.#type ?? 'play', describeEnd(reason))
    if (role && this.#type === 'play') this.#dismissPlayer(denial)
    else this.#refuse(denial)
  }

  /** A player that keeps up is told why; to one that does not, the media that waits for it would be sent first. */
  #dismissPlayer(denial: Denial): void {
    if (this.#client.isBehind) {
      this.#client.cutOff(0)
      return
    }
    this.#replies.streamEnded(this.#streamId)
    this.#replies.denied(this.#streamId, denial)
    this.#client.cutOff(DISMISSAL)
  }

  /** The server stops: the session may go on when it is back. */
  shutdown(): void {
    if (this.isGone()) return
    const role = this.#takeRole()
    role?.left('lost')
    if (role && this.#type === 'play') this.#replies.streamEnded(this.#streamId)
    if (role && this.#type === 'publish') this.#replies.unpublished(this.#streamId)
    this.#client.finish()
  }

  #awaitCommand(): void {
    this.#client.expectWithin(this.#context.limits.commandTimeout, 'command')
  }

  #receive(message: Message): void {
    if (this.isGone()) return
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
    const app = readField(command.object, 'app')
    if (app === undefined) {
      this.#replies.connectRefused(command.transaction, 'connect must name its app in text')
      this.#client.finish()
      return
    }
    const version = readField(command.object, 'flashVer')
    this.#app = app
    this.#userAgent = version === undefined ? null : printable(version, LONGEST_USER_AGENT)
    this.#replies.connected(command.transaction)
  }

  #ask(type: TokenType, command: Command, streamId: number): void {
    if (this.#phase !== 'open') throw new ProtocolError('one stream a connection')
    if (this.#app === undefined) throw new ProtocolError(`${type} before connect`)
    this.#client.expectNothing()
    this.#type = type
    this.#streamId = streamId
    const { protocol, apps } = this.#context
    const asker = { type, protocol, apps, address: this.#client.address, userAgent: this.#userAgent }
    const request = readRequest(this.#app, command.args[0], asker)
    if ('ok' in request) {
      this.#refuse(request)
      return
    }
    this.#phase = 'pending'
    this.#client.socket.pause()
    void this.#enter(request)
  }

  async #enter(request: AccessRequest): Promise<void> {
    try {
      const answer = await admit(this.#context, request, this)
      if (!answer) return
      if (!answer.ok) this.#refuse(answer)
      else if (this.isGone()) abandon(answer)
      else this.#client.guard(() => this.#begin(request, answer))
    } catch (error) {
      this.#context.log.error({ address: this.#client.address, error }, 'rtmp access failed')
      this.#refuse(denyFailed(request.type))
    }
  }

  #begin(request: AccessRequest, entry: Entry): void {
    const name = `${request.app}/${request.streamId}`
    this.#phase = 'active'
    if (entry.type === 'publish') {
      // Before the start, so that one that fails gives the name back.
      this.#role = new Publisher(entry.publication, entry.admission)
      entry.publication.start({ protocol: this.#context.protocol, address: this.#client.address })
      this.#replies.publishStarted(this.#streamId, name)
      this.#client.limitSilence(this.#context.limits.publisherIdle)
    } else {
      this.#replies.playStarted(this.#streamId, name)
      this.#role = new Player(entry.stream, entry.admission, this.#client.socket, (reason) => this.#watched(reason))
    }
    for (const message of this.#queue.take()) this.#receive(message)
    this.#client.socket.resume()
    // A reply or a queued message may have ended it, perhaps before there was a role to take.
    if (this.isGone()) this.#takeRole()?.left('lost')
  }

  /** A clean end; the connection may ask for something else. */
  #stop(): void {
    const role = this.#takeRole()
    if (!role) return
    role.left('ended')
    if (this.#type === 'publish') this.#replies.unpublished(this.#streamId)
    this.#phase = 'open'
    this.#client.limitSilence(0)
    this.#awaitCommand()
  }

  /** A player's stream is over, or the player too slow for it. */
  #watched(reason: 'stream-ended' | 'slow'): void {
    this.#takeRole()
    if (reason === 'slow') {
      this.#client.drop('too slow')
      return
    }
    this.#replies.streamEnded(this.#streamId)
    this.#client.finish()
  }

  #refuse(denial: Denial): void {
    if (this.isGone()) return
    this.#context.log.debug({ address: this.#client.address, ...denial }, 'rtmp client refused')
    this.#replies.denied(this.#streamId, denial)
    this.#client.finish()
  }

  #takeRole(): Role | undefined {
    const role = this.#role
    this.#role = undefined
    if (role) this.#bytes = role.bytes
    return role
  }
}

function readField(object: AmfValue, name: string): string | undefined {
  const value = object instanceof Map ? object.get(name) : undefined
  return typeof value === 'string' ? value : undefined
}
