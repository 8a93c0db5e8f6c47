import { type AccessRequest, evaluate, type Refusal, refuse, type Verdict } from '../domain/access.ts'
import { inCidrs } from '../domain/address.ts'
import { hashSecret, isMintedShaped, isSecretShaped, maskSecret } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'
import type { AccessControl, Attempt, Visit } from './access-control.ts'
import { Attempts, useOf } from './attempts.ts'
import type { Audit } from './audit.ts'
import { newSessionId } from './identifiers.ts'
import type { Clock, Reserved, TokenStore } from './ports.ts'
import { describe, type Refusals, refuseStoreFailed } from './refusals.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

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
  /** `secret`: the session's own, if that was shown; null: its token was, within the grace. */
  | { readonly ok: true; readonly by: 'session'; readonly session: Session; readonly secret: string | null }
  | { readonly ok: true; readonly by: 'token'; readonly token: Token; readonly secret: string }

/** Decides who gets in, for every protocol, and is the only place that does. */
export class Gate implements AccessControl {
  readonly #tokens: TokenStore
  readonly #sessions: Sessions
  readonly #settings: Settings
  readonly #audit: Audit
  readonly #refusals: Refusals
  readonly #clock: Clock
  readonly #attempts: Attempts

  constructor({ tokens, sessions, settings, audit, refusals, clock }: Dependencies) {
    this.#tokens = tokens
    this.#sessions = sessions
    this.#settings = settings
    this.#audit = audit
    this.#refusals = refusals
    this.#clock = clock
    this.#attempts = new Attempts({ tokens, sessions, settings, audit, refusals, clock })
  }

  async peek(request: AccessRequest): Promise<{ readonly ok: true } | Refusal> {
    const entitlement = await this.#entitle(request)
    return entitlement.ok ? { ok: true } : this.#tell(request, entitlement)
  }

  async reserve(request: AccessRequest): Promise<Attempt | Refusal> {
    const entitlement = await this.#entitle(request)
    if (!entitlement.ok) return this.#tell(request, entitlement)
    switch (entitlement.by) {
      case 'nothing':
        return this.#attempts.withoutToken(request, () => this.reserve(request))
      case 'session':
        return this.#attempts.bySession(request, entitlement.session, entitlement.secret)
      case 'token':
        return this.#attempts.byToken(request, entitlement.token, entitlement.secret)
    }
  }

  async visit(request: AccessRequest): Promise<Visit | Refusal> {
    const entitlement = await this.#entitle(request)
    if (!entitlement.ok) return this.#tell(request, entitlement)
    if (entitlement.by === 'session') return this.#sessions.visit(entitlement.session.id, request.protocol)
    if (entitlement.by === 'nothing') return this.#sessions.visitOpenly(request.type)
    const message = 'this address needs the session that the playlist hands out; open the playlist with the token'
    return this.#tell(request, refuse('SESSION_MISSING', message, entitlement.token))
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
    if (!verdict.ok) return this.#tell(request, verdict)
    const spent = await this.#tokens.spend(
      verdict.token.hash,
      newSessionId(),
      useOf(request, null, this.#clock.now()),
      null,
    )
    if (!spent.ok) return this.#tell(request, spent)
    this.#audit.record({ event: 'redeem', ...describe(request), tokenId: spent.token.id })
    return spent
  }

  /** Who mixes up the fields of an encoder names a stream by a token. That is good still, and must not be on record. */
  async #tell(request: AccessRequest, refusal: Refusal): Promise<Refusal> {
    const name = request.streamId
    const isToken =
      isMintedShaped(name) &&
      (await this.#tokens.findByHash(hashSecret(name)).then(
        (token) => token !== undefined,
        () => true,
      ))
    return this.#refusals.tell(isToken ? { ...request, streamId: maskSecret(name) } : request, refusal)
  }

  #entitle(request: AccessRequest): Promise<Entitlement | Refusal> {
    return this.#judgeEntitlement(request).catch(refuseStoreFailed)
  }

  async #judgeEntitlement(request: AccessRequest): Promise<Entitlement | Refusal> {
    const allowed = this.#settings.values['publisher-allowed-cidr']
    if (request.type === 'publish' && allowed.length > 0 && !inCidrs(request.address ?? '', allowed)) {
      return refuse('ADDRESS_NOT_ALLOWED', 'publishing is not allowed from this address')
    }
    if (!this.#settings.controls(request.type)) return { ok: true, by: 'nothing' }
    const { credential, cookie } = request
    const kept = cookie === undefined ? undefined : await this.#entitleSession(request, cookie)
    if (kept?.ok || (kept && credential === null)) return kept
    if (credential === null) return refuse('TOKEN_MISSING', `a token is needed to ${request.type}: add ?token=…`)
    if (credential.kind === 'session') return this.#entitleSession(request, credential.secret)
    if (credential.kind === 'malformed' || !isSecretShaped(credential.secret)) return malformed()
    return this.#entitleToken(request, credential.secret)
  }

  async #entitleSession(request: AccessRequest, secret: string): Promise<Entitlement | Refusal> {
    const session = await this.#sessions.findBySecret(hashSecret(secret))
    const fits =
      session?.app === request.app &&
      session.streamId === request.streamId &&
      session.type === request.type &&
      (session.ip === null || inCidrs(request.address ?? '', [session.ip])) &&
      (this.#settings.values['session-binding'] === 'none' || session.address === request.address)
    return session && fits
      ? { ok: true, by: 'session', session, secret }
      : refuse('SESSION_INVALID', 'this session is over, unknown, or for another stream')
  }

  async #entitleToken(request: AccessRequest, secret: string): Promise<Entitlement | Refusal> {
    const token = await this.#tokens.findByHash(hashSecret(secret))
    const session = token && (await this.#sessions.resumable(token, request))
    if (session) return { ok: true, by: 'session', session, secret: null }
    const verdict = evaluate(token, request, this.#clock.now())
    return verdict.ok ? { ok: true, by: 'token', token: verdict.token, secret } : verdict
  }
}

function malformed(): Refusal {
  return refuse(
    'TOKEN_MALFORMED',
    'malformed token: it must be given once, be at most 256 characters, and hold no control characters',
  )
}
