import type { TokenType } from '../../domain/token.ts'
import type { Candidate } from '../../media/webrtc/ports.ts'
import type { Failure } from '../http/error-response.ts'
import type { Phase } from './exchange.ts'
import type { ExchangeDoor } from './exchange-door.ts'
import {
  answerReply,
  candidateReply,
  errorReply,
  type Fault,
  notification,
  offerReply,
  type Reply,
  startReply,
} from './messages.ts'

export interface PageDoorOptions {
  readonly streamId: string
  readonly type: TokenType
  send(reply: Reply): void
}

/** Speaks to a page of AMS over its WebSocket. */
export class PageDoor implements ExchangeDoor {
  readonly #options: PageDoorOptions

  constructor(options: PageDoorOptions) {
    this.#options = options
  }

  ready(): void {
    this.#send(startReply(this.#options.streamId))
  }

  answer(peer: { readonly answer: string }): void {
    this.#send(answerReply(this.#options.streamId, peer.answer))
  }

  offer(sdp: string, tracks: Readonly<Record<string, string>>): void {
    this.#send(offerReply(this.#options.streamId, sdp, tracks))
  }

  candidate(candidate: Candidate): void {
    this.#send(candidateReply(this.#options.streamId, candidate))
  }

  untimely(phase: Phase): void {
    this.#tell({ definition: phase === 'opening' ? 'not_initialized_yet' : 'already_publishing' })
  }

  started(): void {
    this.#notify('started')
  }

  finished(): void {
    this.#notify('finished')
  }

  failed(failure: Failure): void {
    this.#tell(faultOf(failure, this.#options.type))
  }

  #notify(what: 'started' | 'finished'): void {
    this.#send(notification(this.#options.streamId, this.#options.type, what))
  }

  #tell(fault: Fault): void {
    this.#send(errorReply(this.#options.streamId, fault))
  }

  #send(reply: Reply): void {
    this.#options.send(reply)
  }
}

/** A failure in AMS's words; of a refusal a page learns that it is one, as AMS has it. */
function faultOf({ code, message: information }: Failure, type: TokenType): Fault {
  switch (code) {
    case 'STREAM_BUSY':
      return { definition: 'streamIdInUse' }
    case 'STREAM_NOT_LIVE':
      return { definition: 'no_stream_exist' }
    case 'BAD_REQUEST':
      return { definition: 'notSetRemoteDescription', information }
    case 'CODEC_UNSUPPORTED':
      return { definition: type === 'publish' ? 'notSetRemoteDescription' : 'not_initialized_yet', information }
    case 'NOT_CONNECTED':
      return { definition: type === 'publish' ? 'publishTimeoutError' : 'not_initialized_yet', information }
    case 'TOO_MANY_CONNECTIONS':
    case 'STORE_FAILED':
    case 'DAEMON_DOWN':
    case 'INTERNAL':
      return { definition: 'not_initialized_yet', information }
    default:
      return { definition: 'unauthorized_access' }
  }
}
