import type { AccessRequest } from '../../domain/access.ts'
import type { EndReason } from '../../domain/session.ts'
import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { Candidate, Peer, PeerEvents, WebrtcEngine } from '../../media/webrtc/ports.ts'
import type { AccessControl, Admission, Attempt, Connection } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { describeBug, type Failure, failureOf, refusalToFailure } from '../http/error-response.ts'
import type { ExchangeDoor } from './exchange-door.ts'
import type { HalfOpen } from './half-open.ts'
import { PeerSlot } from './peer-slot.ts'

export const NOT_CONNECTED: Failure = {
  code: 'NOT_CONNECTED',
  message: 'no connection came about; the token is unspent',
}
const FULL: Failure = {
  code: 'TOO_MANY_CONNECTIONS',
  message: 'too many wait for their connection; the token is unspent',
  retryAfter: 5,
}
/** The spend may have reached the disk by then. */
const BROKEN: Failure = { code: 'NOT_CONNECTED', message: 'the connection broke before any media flowed' }
/** Ended by the gate before any media flowed. */
const ENDED_EARLY: Failure = { code: 'SESSION_INVALID', message: 'the session was ended before it began' }

export interface ExchangeContext {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly engine: WebrtcEngine
  readonly log: Log
  readonly request: AccessRequest
  readonly door: ExchangeDoor
  /** As the client sent it, to know a repeat. */
  readonly token?: string
  readonly negotiation: Milliseconds
  readonly halfOpen: HalfOpen
  onOver(exchange: Exchange): void
}

/** `opening`: the gate is asked. `spending`: connected, and the spend is being made durable. */
export type Phase = 'opening' | 'negotiating' | 'spending' | 'live' | 'over'
export type Leaving = 'lost' | 'ended' | 'stream-ended'

/** One stream of one client, from its first word until its end: reserve, negotiate, spend, media. */
export abstract class Exchange implements Connection, PeerEvents {
  abstract readonly type: TokenType
  protected readonly context: ExchangeContext
  #phase: Phase = 'opening'
  #attempt: Attempt | undefined
  #admission: Admission | undefined
  readonly #slot = new PeerSlot()
  readonly #deadline: NodeJS.Timeout

  constructor(context: ExchangeContext) {
    this.context = context
    this.#deadline = setTimeout(() => this.fail(NOT_CONNECTED), context.negotiation)
  }

  /** Takes what the stream needs, and tells the client to go on; or why it cannot. */
  protected abstract prepare(): Promise<Failure | undefined> | Failure | undefined
  protected abstract takeConfiguration(type: string, sdp: string): Promise<void> | void
  /** Media may flow. False: there is none any more. */
  protected abstract startMedia(): boolean
  /** A reason, found as late as before the spend, not to spend. */
  protected abstract obstacle(): Failure | undefined
  protected abstract letGo(how: Leaving): void

  get phase(): Phase {
    return this.#phase
  }

  get token(): string | undefined {
    return this.context.token
  }

  get streamId(): string {
    return this.context.request.streamId
  }

  get hasPeer(): boolean {
    return this.#slot.isTaken
  }

  bytes(): number {
    return this.#slot.bytes()
  }

  begin(): void {
    const { access, halfOpen, request } = this.context
    if (!halfOpen.add(this, request.address ?? '')) return void this.fail(FULL)
    void this.guard(async () => {
      const attempt = await access.reserve(request)
      if (!attempt.ok) return this.fail(refusalToFailure(attempt))
      if (this.#phase === 'over') return attempt.release()
      this.#attempt = attempt
      this.#phase = 'negotiating'
      const failure = await this.prepare()
      if (failure) this.fail(failure)
    })
  }

  configure(type: string, sdp: string): void {
    void this.guard(async () => this.takeConfiguration(type, sdp))
  }

  addCandidate(candidate: string, mid: string): void {
    this.#slot.addCandidate(candidate, mid)
  }

  /** The client has had enough, or is gone. */
  leave(how: 'ended' | 'lost'): void {
    const wasLive = this.#phase === 'live'
    this.#end(how)
    if (wasLive) this.context.door.finished()
  }

  /** Called by the gate: kicked, revoked, expired, replaced. */
  close(reason: EndReason): void {
    const begun = this.#phase === 'live'
    // The gate knows; to leave is for those who go by themselves.
    this.#admission = undefined
    const passing = reason === 'lost' || reason === 'replaced'
    if (!begun) return void this.fail(ENDED_EARLY)
    this.#end(passing ? 'lost' : 'ended')
    this.context.door.finished()
  }

  onCandidate(candidate: Candidate): void {
    if (this.#phase !== 'over') this.context.door.candidate(candidate)
  }

  onConnected(): void {
    if (this.#phase === 'negotiating') void this.guard(() => this.#spend())
  }

  onGone(): void {
    if (this.#phase === 'live') this.leave('lost')
    else this.fail(this.#phase === 'spending' ? BROKEN : NOT_CONNECTED)
  }

  protected fail(failure: Failure): void {
    if (this.#phase === 'over') return
    // Told before all is let go of, for the end answers whoever still waits.
    this.context.door.failed(failure)
    this.#end('lost')
  }

  /** Live no more, for a reason of its own. */
  protected finish(how: Leaving): void {
    if (this.#phase !== 'live') return
    this.#end(how)
    this.context.door.finished()
  }

  /** See {@link PeerSlot.connect}. */
  protected connect<P extends Peer>(
    make: (events: PeerEvents) => Promise<P | undefined>,
    adopt: (peer: P) => void,
  ): Promise<boolean> {
    return this.#slot.connect({ make, adopt, target: this })
  }

  /** Nothing that a peer or the store does may end the process. */
  protected async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const failure = failureOf(error)
      if (failure.code === 'INTERNAL') this.context.log.error(describeBug(error), 'a WebRTC exchange failed')
      this.fail(failure)
    }
  }

  async #spend(): Promise<void> {
    const obstacle = this.obstacle()
    if (obstacle || !this.#attempt) return this.fail(obstacle ?? NOT_CONNECTED)
    clearTimeout(this.#deadline)
    this.#phase = 'spending'
    const admission = await this.#attempt.spend(this)
    if (!admission.ok) return this.fail(refusalToFailure(admission))
    if (this.#isOver()) return admission.leave('lost')
    this.#admission = admission
    this.#phase = 'live'
    this.context.halfOpen.remove(this)
    if (!this.startMedia()) return this.finish('stream-ended')
    this.context.door.started()
  }

  #isOver(): boolean {
    return this.#phase === 'over'
  }

  /** Lets go of everything, once. */
  #end(how: Leaving): void {
    if (this.#phase === 'over') return
    const before = this.#phase
    this.#phase = 'over'
    clearTimeout(this.#deadline)
    this.context.halfOpen.remove(this)
    this.#slot.drop()
    if (before === 'negotiating') this.#attempt?.release()
    this.letGo(how)
    this.#admission?.leave(how)
    this.context.onOver(this)
  }
}
