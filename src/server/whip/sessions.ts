import type { AccessRequest } from '../../domain/access.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { WebrtcEngine } from '../../media/webrtc/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import { newSessionSecret } from '../../services/identifiers.ts'
import type { Log } from '../../services/log.ts'
import type { Failure } from '../http/error-response.ts'
import { STOPPING } from '../http/playback.ts'
import type { Exchange, ExchangeContext } from '../webrtc/exchange.ts'
import { HalfOpen } from '../webrtc/half-open.ts'
import { Publishing } from '../webrtc/publishing.ts'
import { AnsweredPlaying } from './answered-playing.ts'
import { DEFAULT_LIMITS, type WhipLimits } from './limits.ts'
import { OfferDoor, type Outcome } from './offer-door.ts'
import { iceUserNames } from './sdp-fragment.ts'

export interface WhipOptions {
  readonly access: AccessControl
  readonly hub: MediaHub
  /** Undefined: no WebRTC here. */
  readonly engine: WebrtcEngine | undefined
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly log: Log
  readonly limits?: Partial<WhipLimits>
  /** Negotiations here and elsewhere; its own by default. */
  readonly halfOpen?: HalfOpen
}

/** One offer and what came of it. Who knows `secret` owns it. */
export interface WhipSession {
  readonly secret: string
  readonly etag: string
  readonly request: AccessRequest
  readonly exchange: Exchange
  /** ICE user name fragments of the offer: others would be of an ICE restart. */
  readonly userNames: ReadonlySet<string>
  readonly outcome: Promise<Outcome>
}

/** The sessions of WHIP and WHEP; one serves any number of HTTP servers. */
export class WhipSessions {
  readonly #options: WhipOptions
  readonly #limits: WhipLimits
  readonly #bySecret = new Map<string, WhipSession>()
  readonly #halfOpen: HalfOpen
  #closed = false

  constructor(options: WhipOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#halfOpen = options.halfOpen ?? new HalfOpen(this.#limits)
  }

  get size(): number {
    return this.#bySecret.size
  }

  find(secret: string): WhipSession | undefined {
    return this.#bySecret.get(secret)
  }

  /** Begins to negotiate; a failure where that cannot even be begun. */
  open(request: AccessRequest, offer: string): WhipSession | Failure {
    const { access, engine, hub, log } = this.#options
    if (this.#closed) return STOPPING
    if (!engine) return { code: 'WEBRTC_UNAVAILABLE', message: 'this daemon serves no WebRTC; the token is unspent' }
    const door = new OfferDoor()
    const secret = newSessionSecret()
    const onOver = () => {
      this.#bySecret.delete(secret)
      door.over()
    }
    const { negotiation } = this.#limits
    const own = { request, door, negotiation, halfOpen: this.#halfOpen, onOver }
    const exchange = makeExchange({ access, engine, hub, log, ...own }, offer)
    door.onReady = () => exchange.configure('offer', offer)
    const etag = `"${newSessionSecret()}"`
    const session = { secret, etag, request, exchange, userNames: new Set(iceUserNames(offer)), outcome: door.outcome }
    this.#bySecret.set(secret, session)
    exchange.begin()
    return session
  }

  /** Ends every session and opens no more; idempotent. */
  close(): void {
    this.#closed = true
    for (const { exchange } of [...this.#bySecret.values()]) exchange.leave('lost')
  }
}

function makeExchange(context: ExchangeContext, offer: string): Exchange {
  return context.request.type === 'publish' ? new Publishing(context) : new AnsweredPlaying(context, offer)
}
