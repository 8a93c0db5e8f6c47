import type { AccessRequest } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { EndReason } from '../../domain/session.ts'
import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { Candidate, Peer, PeerEvents, WebrtcEngine } from '../../media/webrtc/ports.ts'
import type { AccessControl, Admission, Attempt, Connection } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { describeBug } from '../http/error-response.ts'
import { HeldEvents } from './held-events.ts'
import { MOST_EARLY_CANDIDATES } from './limits.ts'
import { candidateReply, errorReply, type Fault, notification, type Reply } from './messages.ts'

export interface ExchangeContext {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly engine: WebrtcEngine
  readonly log: Log
  readonly request: AccessRequest
  /** As the page sent it, to know a repeat. */
  readonly token: string
  readonly negotiation: Milliseconds
  send(reply: Reply): void
  onOver(exchange: Exchange): void
}

/** `opening`: the gate is asked. `spending`: connected, and the spend is being made durable. */
export type Phase = 'opening' | 'negotiating' | 'spending' | 'live' | 'over'
export type Leaving = 'lost' | 'ended' | 'stream-ended'

/** One stream on one socket, from the command until its end: reserve, negotiate, spend, media. */
export abstract class Exchange implements Connection, PeerEvents {
  abstract readonly type: TokenType
  protected readonly context: ExchangeContext
  #phase: Phase = 'opening'
  #attempt: Attempt | undefined
  #admission: Admission | undefined
  #peer: Peer | undefined
  #events: HeldEvents | undefined
  #early: Candidate[] = []
  readonly #deadline: NodeJS.Timeout

  constructor(context: ExchangeContext) {
    this.context = context
    this.#deadline = setTimeout(() => this.fail(this.tooLate()), context.negotiation)
  }

  /** Takes what the stream needs, and tells the page to go on; or why it cannot. */
  protected abstract prepare(): Promise<Fault | undefined> | Fault | undefined
  protected abstract takeConfiguration(type: string, sdp: string): Promise<void> | void
  /** Media may flow. False: there is none any more. */
  protected abstract startMedia(): boolean
  /** A reason, found as late as before the spend, not to spend. */
  protected abstract obstacle(): Fault | undefined
  protected abstract tooLate(): Fault
  protected abstract letGo(how: Leaving): void

  get phase(): Phase {
    return this.#phase
  }

  get token(): string {
    return this.context.token
  }

  get streamId(): string {
    return this.context.request.streamId
  }

  get hasPeer(): boolean {
    return this.#events !== undefined
  }

  bytes(): number {
    return this.#peer?.bytes() ?? 0
  }

  begin(): void {
    void this.guard(async () => {
      const attempt = await this.context.access.reserve(this.context.request)
      if (!attempt.ok) return this.fail({ definition: 'unauthorized_access' })
      if (this.#phase === 'over') return attempt.release()
      this.#attempt = attempt
      this.#phase = 'negotiating'
      const fault = await this.prepare()
      if (fault) this.fail(fault)
    })
  }

  configure(type: string, sdp: string): void {
    void this.guard(async () => this.takeConfiguration(type, sdp))
  }

  addCandidate(candidate: string, mid: string): void {
    if (this.#peer) this.#peer.addCandidate(candidate, mid)
    else if (this.#early.length < MOST_EARLY_CANDIDATES) this.#early.push({ candidate, mid, index: 0 })
  }

  /** The page has had enough, or its socket is gone. */
  leave(how: 'ended' | 'lost'): void {
    const wasLive = this.#phase === 'live'
    this.#end(how)
    if (wasLive) this.#tellFinished()
  }

  /** Called by the gate: kicked, revoked, expired, replaced. */
  close(reason: EndReason): void {
    const begun = this.#phase === 'live'
    // The gate knows; to leave is for those who go by themselves.
    this.#admission = undefined
    const passing = reason === 'lost' || reason === 'replaced'
    if (!begun) return void this.fail({ definition: 'unauthorized_access' })
    this.#end(passing ? 'lost' : 'ended')
    this.#tellFinished()
  }

  onCandidate(candidate: Candidate): void {
    if (this.#phase !== 'over') this.context.send(candidateReply(this.streamId, candidate))
  }

  onConnected(): void {
    if (this.#phase === 'negotiating') void this.guard(() => this.#spend())
  }

  onGone(): void {
    if (this.#phase === 'live') this.leave('lost')
    else this.fail(this.tooLate())
  }

  protected fail(fault: Fault): void {
    if (this.#phase === 'over') return
    this.#end('lost')
    this.context.send(errorReply(this.streamId, fault))
  }

  /** Live no more, for a reason of its own. */
  protected finish(how: Leaving): void {
    if (this.#phase !== 'live') return
    this.#end(how)
    this.#tellFinished()
  }

  /**
   * Makes a peer in place of a former one; candidates wait for it. False: none could be made. One that nobody wants any
   * more by then is closed.
   */
  protected async connect<P extends Peer>(
    make: (events: PeerEvents) => Promise<P | undefined>,
    adopt: (peer: P) => Reply,
  ): Promise<boolean> {
    this.#dropPeer()
    this.#peer = undefined
    const events = new HeldEvents()
    this.#events = events
    const peer = await make(events)
    if (this.#phase === 'over' || this.#events !== events) {
      peer?.close()
      return true
    }
    if (!peer) return false
    this.#peer = peer
    this.context.send(adopt(peer))
    for (const { candidate, mid } of this.#early.splice(0)) peer.addCandidate(candidate, mid)
    events.open(this)
    return true
  }

  /** Nothing that a peer or the store does may end the process. */
  protected async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (error instanceof AmsctlError && error.code === 'TOO_MANY_CONNECTIONS') {
        return this.fail({ definition: 'not_initialized_yet', information: error.message })
      }
      this.context.log.error(describeBug(error), 'a WebRTC exchange failed')
      this.fail({ definition: 'not_initialized_yet', information: 'internal error; try again' })
    }
  }

  async #spend(): Promise<void> {
    const obstacle = this.obstacle()
    if (obstacle || !this.#attempt) return this.fail(obstacle ?? this.tooLate())
    clearTimeout(this.#deadline)
    this.#phase = 'spending'
    const admission = await this.#attempt.spend(this)
    if (!admission.ok) return this.fail({ definition: 'unauthorized_access' })
    if (this.#isOver()) return admission.leave('lost')
    this.#admission = admission
    this.#phase = 'live'
    if (!this.startMedia()) return this.finish('stream-ended')
    this.context.send(notification(this.streamId, this.type, 'started'))
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
    this.#dropPeer()
    if (before === 'negotiating') this.#attempt?.release()
    this.letGo(how)
    this.#admission?.leave(how)
    this.context.onOver(this)
  }

  #dropPeer(): void {
    this.#events?.drop()
    this.#events = undefined
    this.#peer?.close()
  }

  #tellFinished(): void {
    this.context.send(notification(this.streamId, this.type, 'finished'))
  }
}
