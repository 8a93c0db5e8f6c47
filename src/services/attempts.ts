import { createHmac } from 'node:crypto'
import { type AccessRequest, type Refusal, refuse } from '../domain/access.ts'
import { hashSecret, type SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token, TokenUse } from '../domain/token.ts'
import type { Milliseconds, UnixSeconds } from '../domain/units.ts'
import type { Admission, Attempt, Connection, KeptSession } from './access-control.ts'
import type { Audit } from './audit.ts'
import { newSessionId, newSessionSecret } from './identifiers.ts'
import type { Clock, Reserved, TokenStore } from './ports.ts'
import { describe, type Refusals, refuseStoreFailed } from './refusals.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

/** How long a protocol may take between the yes and the spend. */
const HOLD: Milliseconds = 15_000

interface Dependencies {
  readonly tokens: TokenStore
  readonly sessions: Sessions
  readonly settings: Settings
  readonly audit: Audit
  readonly refusals: Refusals
  readonly clock: Clock
}

/** What follows the gate's yes: a use is held, and then spent for a session or let go. */
export class Attempts {
  readonly #tokens: TokenStore
  readonly #sessions: Sessions
  readonly #settings: Settings
  readonly #audit: Audit
  readonly #refusals: Refusals
  readonly #clock: Clock

  constructor({ tokens, sessions, settings, audit, refusals, clock }: Dependencies) {
    this.#tokens = tokens
    this.#sessions = sessions
    this.#settings = settings
    this.#audit = audit
    this.#refusals = refusals
    this.#clock = clock
  }

  /**
   * Token control is off: a connection is a session all the same, so that it can be seen and ended. The spend may come
   * seconds later; where token control is on by then, `judgeAnew` decides.
   */
  withoutToken(request: AccessRequest, judgeAnew: () => Promise<Attempt | Refusal>): Attempt {
    const isControlled = () => this.#settings.controls(request.type)
    return {
      ok: true,
      spend: async (connection) => {
        if (isControlled()) {
          const attempt = await judgeAnew()
          return attempt.ok ? attempt.spend(connection) : attempt
        }
        const session = this.#session(request, newSessionId(), null, null)
        this.#sessions.open(session, connection)
        return this.#admit(request, session, connection)
      },
      keep: async () => {
        if (!isControlled()) return { ok: true, secret: null, endsAt: null }
        const attempt = await judgeAnew()
        return attempt.ok ? attempt.keep() : attempt
      },
      release: () => {},
    }
  }

  /** Goes on in an open session. `secret` is its own, or null where its token was shown instead. */
  bySession(request: AccessRequest, session: Session, secret: string | null): Attempt {
    // The stream name must be free for the publisher who comes back.
    if (request.type === 'publish') this.#sessions.evict(session.id)
    const over = () =>
      this.#refusals.tell(request, refuse('SESSION_INVALID', 'this session has ended or gone on elsewhere meanwhile'))
    return {
      ok: true,
      spend: async (connection) =>
        this.#sessions.attach(session, connection, request) ? this.#admit(request, session, connection) : over(),
      keep: async () => {
        const kept = secret ?? newSessionSecret()
        const known = this.#sessions.keep(session.id, hashSecret(kept))
        return known ? { ok: true, secret: kept, endsAt: session.endsAt } : over()
      },
      release: () => {},
    }
  }

  async byToken(request: AccessRequest, token: Token, tokenSecret: string): Promise<Attempt | Refusal> {
    const id = newSessionId()
    const held = await this.#tokens.reserve(token.hash, id, HOLD).catch(refuseStoreFailed)
    if (!held.ok) return this.#refusals.tell(request, held)
    return {
      ok: true,
      spend: (connection) => this.#spend(request, this.#session(request, id, token, null), connection),
      keep: () => this.#keep(request, id, token, tokenSecret),
      release: () => void this.#tokens.release(token.hash, id),
    }
  }

  async #keep(request: AccessRequest, id: string, token: Token, tokenSecret: string): Promise<KeptSession | Refusal> {
    if (token.uses !== null) return this.#keepNew(request, id, token, newSessionSecret())
    const known = this.#sessions
      .openedBy(token, request)
      .find((session) => session.secretHash === hashSecret(derivedSecret(tokenSecret, session.id)))
    if (!known) return this.#keepNew(request, id, token, derivedSecret(tokenSecret, id))
    const secret = derivedSecret(tokenSecret, known.id)
    this.#sessions.keep(known.id, hashSecret(secret))
    await this.#tokens.release(token.hash, id)
    return { ok: true, secret, endsAt: known.endsAt }
  }

  async #keepNew(request: AccessRequest, id: string, token: Token, secret: string): Promise<KeptSession | Refusal> {
    const opened = await this.#spend(request, this.#session(request, id, token, hashSecret(secret)), null)
    return opened.ok ? { ok: true, secret, endsAt: opened.session.endsAt } : opened
  }

  /** Spends the token of `session`, whose id is the holder of the use. */
  async #spend(request: AccessRequest, session: Session, connection: Connection | null): Promise<Admission | Refusal> {
    // Open before it is durable: a revoke that comes in between finds it and ends it.
    this.#sessions.open(session, connection)
    const spent = await this.#countUse(session, request)
    if (spent.ok) return this.#admit(request, session, connection)
    this.#sessions.cancel(session.id)
    return this.#refusals.tell(request, spent)
  }

  /** A store that cannot write lets nobody in, and burns nothing. */
  async #countUse(session: Session, request: AccessRequest): Promise<Reserved | Refusal> {
    const hash = session.tokenHash ?? ''
    try {
      return await this.#tokens.spend(hash, session.id, useOf(request, session.id, this.#clock.now()), session)
    } catch (error) {
      this.#sessions.cancel(session.id)
      const refusal = refuseStoreFailed(error)
      await this.#tokens.release(hash, session.id)
      return refusal
    }
  }

  async #admit(request: AccessRequest, session: Session, connection: Connection | null): Promise<Admission | Refusal> {
    if (!this.#sessions.holds(session.id, connection)) {
      const message = 'ended by a revoke or a newer connection while it opened'
      return this.#refusals.tell(request, refuse('TOKEN_REVOKED', message))
    }
    this.#audit.record({ event: 'admit', ...describe(request), tokenId: session.tokenId, sessionId: session.id })
    return this.#sessions.admission(session, connection)
  }

  #session(request: AccessRequest, id: string, token: Token | null, secretHash: SecretHash | null): Session {
    const now = this.#clock.now()
    return {
      id,
      tokenHash: token?.hash ?? null,
      tokenId: token?.id ?? null,
      app: request.app,
      streamId: request.streamId,
      type: request.type,
      protocol: request.protocol,
      address: request.address ?? '',
      userAgent: request.userAgent,
      since: now,
      secretHash,
      ip: token?.ip ?? null,
      endsAt: token?.maxSession ? now + token.maxSession : null,
      lastSeen: now,
      lostAt: null,
    }
  }
}

/** The use that `request` makes of a token. */
export function useOf(request: AccessRequest, session: string | null, at: UnixSeconds): TokenUse {
  const { address, protocol, streamId } = request
  return { at, address, protocol, streamId, session }
}

/**
 * The secret of a session that an unlimited token opened, so that it can be handed to the same client again though only
 * its hash is stored. Whoever can derive it has a token that opens as many sessions as they like.
 */
function derivedSecret(tokenSecret: string, sessionId: string): string {
  return createHmac('sha256', tokenSecret).update(sessionId).digest('hex')
}
