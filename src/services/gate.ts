import { type AccessRequest, evaluate, type Refusal, refuse, type Verdict } from '../domain/access.ts'
import { inCidrs } from '../domain/address.ts'
import { AmsctlError } from '../domain/errors.ts'
import { hashSecret, isSecretShaped, type SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token, TokenUse } from '../domain/token.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { AccessControl, Admission, Attempt, Connection } from './access-control.ts'
import type { Audit } from './audit.ts'
import { newSessionId, newSessionSecret } from './identifiers.ts'
import type { Clock, Reserved, TokenStore } from './ports.ts'
import { describe, type Refusals } from './refusals.ts'
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

/** What a request may go in by. */
type Entitlement =
  | { readonly ok: true; readonly by: 'nothing' }
  | { readonly ok: true; readonly by: 'session'; readonly session: Session }
  | { readonly ok: true; readonly by: 'token'; readonly token: Token }

/** Decides who gets in, for every protocol, and is the only place that does. */
export class Gate implements AccessControl {
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

  async peek(request: AccessRequest): Promise<{ readonly ok: true } | Refusal> {
    const entitlement = await this.#entitle(request)
    return entitlement.ok ? { ok: true } : this.#refusals.tell(request, entitlement)
  }

  async reserve(request: AccessRequest): Promise<Attempt | Refusal> {
    const entitlement = await this.#entitle(request)
    if (!entitlement.ok) return this.#refusals.tell(request, entitlement)
    switch (entitlement.by) {
      case 'nothing':
        return this.#openAttempt(request)
      case 'session':
        return this.#resumeAttempt(request, entitlement.session)
      case 'token':
        return this.#tokenAttempt(request, entitlement.token)
    }
  }

  async openSession(request: AccessRequest): Promise<{ readonly ok: true; readonly secret: string | null } | Refusal> {
    const entitlement = await this.#entitle(request)
    if (!entitlement.ok) return this.#refusals.tell(request, entitlement)
    if (entitlement.by !== 'token') return { ok: true, secret: null }
    const secret = newSessionSecret()
    const session = this.#session(request, newSessionId(), entitlement.token, hashSecret(secret))
    const opened = await this.#spend(request, session, null)
    return opened.ok ? { ok: true, secret } : opened
  }

  /** Judges a token as {@link reserve} does, though token control may be off, and changes nothing. */
  async judge(request: AccessRequest): Promise<Verdict> {
    const { credential } = request
    if (credential?.kind !== 'token' || !isSecretShaped(credential.secret)) return malformed()
    return evaluate(await this.#tokens.findByHash(hashSecret(credential.secret)), request, this.#clock.now())
  }

  /** Judges and spends one use for somebody who is served elsewhere: REST validate, `token redeem`. Opens no session. */
  async redeem(request: AccessRequest): Promise<Reserved | Refusal> {
    const verdict = await this.judge(request)
    if (!verdict.ok) return this.#refusals.tell(request, verdict)
    const use = this.#use(request, null)
    const spent = await this.#tokens.spend(verdict.token.hash, newSessionId(), use, null)
    if (!spent.ok) return this.#refusals.tell(request, spent)
    this.#audit.record({ event: 'redeem', ...describe(request), tokenId: spent.token.id })
    return spent
  }

  async #entitle(request: AccessRequest): Promise<Entitlement | Refusal> {
    const allowed = this.#settings.values['publisher-allowed-cidr']
    if (request.type === 'publish' && allowed.length > 0 && !inCidrs(request.address ?? '', allowed)) {
      return refuse('ADDRESS_NOT_ALLOWED', 'publishing is not allowed from this address')
    }
    if (!this.#settings.controls(request.type)) return { ok: true, by: 'nothing' }
    const { credential, cookie } = request
    const kept = cookie === undefined ? undefined : this.#entitleSession(request, cookie)
    if (kept?.ok || (kept && credential === null)) return kept
    if (credential === null) return refuse('TOKEN_MISSING', `a token is needed to ${request.type}: add ?token=…`)
    if (credential.kind === 'session') return this.#entitleSession(request, credential.secret)
    if (credential.kind === 'malformed' || !isSecretShaped(credential.secret)) return malformed()
    return this.#entitleToken(request, hashSecret(credential.secret))
  }

  #entitleSession(request: AccessRequest, secret: string): Entitlement | Refusal {
    const session = this.#sessions.findBySecret(hashSecret(secret))
    const fits =
      session?.app === request.app &&
      session.streamId === request.streamId &&
      session.type === request.type &&
      (session.ip === null || inCidrs(request.address ?? '', [session.ip]))
    return session && fits
      ? { ok: true, by: 'session', session }
      : refuse('SESSION_INVALID', 'this session is over, unknown, or for another stream')
  }

  async #entitleToken(request: AccessRequest, hash: SecretHash): Promise<Entitlement | Refusal> {
    const token = await this.#tokens.findByHash(hash)
    const session = token && this.#sessions.resumable(token, request)
    if (session) return { ok: true, by: 'session', session }
    const verdict = evaluate(token, request, this.#clock.now())
    return verdict.ok ? { ok: true, by: 'token', token: verdict.token } : verdict
  }

  #openAttempt(request: AccessRequest): Attempt {
    return {
      ok: true,
      spend: async (connection) => {
        const session = this.#session(request, newSessionId(), null, null)
        this.#sessions.open(session, connection)
        return this.#admit(request, session, connection)
      },
      release: () => {},
    }
  }

  #resumeAttempt(request: AccessRequest, session: Session): Attempt {
    this.#sessions.evict(session.id)
    return {
      ok: true,
      spend: async (connection) => {
        if (this.#sessions.attach(session.id, connection, request)) return this.#admit(request, session, connection)
        return this.#refusals.tell(request, refuse('SESSION_INVALID', 'this session has ended meanwhile'))
      },
      release: () => {},
    }
  }

  async #tokenAttempt(request: AccessRequest, token: Token): Promise<Attempt | Refusal> {
    const holder = newSessionId()
    const held = await this.#tokens.reserve(token.hash, holder, HOLD)
    if (!held.ok) return this.#refusals.tell(request, held)
    return {
      ok: true,
      spend: (connection) => this.#spend(request, this.#session(request, holder, token, null), connection),
      release: () => void this.#tokens.release(token.hash, holder),
    }
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
      return await this.#tokens.spend(hash, session.id, this.#use(request, session.id), session)
    } catch (error) {
      this.#sessions.cancel(session.id)
      if (!(error instanceof AmsctlError)) throw error
      await this.#tokens.release(hash, session.id)
      return refuse('STORE_FAILED', 'the token store cannot be written now; the token is unspent')
    }
  }

  async #admit(request: AccessRequest, session: Session, connection: Connection | null): Promise<Admission | Refusal> {
    if (!this.#sessions.holds(session.id, connection))
      return this.#refusals.tell(
        request,
        refuse('TOKEN_REVOKED', 'ended by a revoke or a newer connection while it opened'),
      )
    this.#audit.record({ event: 'admit', ...describe(request), tokenId: session.tokenId, sessionId: session.id })
    return this.#sessions.admission(session, connection)
  }

  #use(request: AccessRequest, session: string | null): TokenUse {
    const { address, protocol, streamId } = request
    return { at: this.#clock.now(), address, protocol, streamId, session }
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

function malformed(): Refusal {
  return refuse(
    'TOKEN_MALFORMED',
    'malformed token: it must be given once, be at most 256 characters, and hold no control characters',
  )
}
