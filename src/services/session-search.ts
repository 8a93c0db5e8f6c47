import type { AccessRequest } from '../domain/access.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import { isUsedUp, type Token } from '../domain/token.ts'
import type { Endings } from './endings.ts'
import type { SharedSessions } from './nodes.ts'
import type { Clock } from './ports.ts'
import { hasConnection, matches, type OpenSession, openSession, type SessionRegister } from './session-register.ts'
import type { Settings } from './settings.ts'

interface Dependencies {
  readonly open: SessionRegister
  readonly endings: Endings
  readonly shared: SharedSessions | undefined
  readonly settings: Settings
  readonly clock: Clock
}

/** Finds the session that a request may go on with, on this node and on others. */
export class SessionSearch {
  readonly #open: SessionRegister
  readonly #endings: Endings
  readonly #shared: SharedSessions | undefined
  readonly #settings: Settings
  readonly #clock: Clock

  constructor({ open, endings, shared, settings, clock }: Dependencies) {
    this.#open = open
    this.#endings = endings
    this.#shared = shared
    this.#settings = settings
    this.#clock = clock
  }

  /** The sessions that `token` opened for the same client and stream. */
  openedBy(token: Token, request: AccessRequest): Session[] {
    const own = this.#admittedBy(token, request).map(({ session }) => session)
    return own.filter(({ userAgent }) => userAgent === request.userAgent)
  }

  /** The session that `token` opened and its holder may go on with instead of spending a further use. */
  async resumable(token: Token, request: AccessRequest): Promise<Session | undefined> {
    const grace = this.#settings.values['reconnect-grace']
    if (grace === 0 || token.revokedAt !== null) return undefined
    const now = this.#clock.now()
    const isLost = ({ lostAt }: Session) => lostAt !== null && now - lostAt <= grace
    // A link may have broken unnoticed. With a single use there is nobody else whom this could push out.
    const isSole = token.uses === 1 && isUsedUp(token)
    const own = this.#admittedBy(token, request).filter((entry) => entry.session.secretHash === null && !entry.borrowed)
    const here = own.find(({ session }) => isLost(session)) ?? (isSole ? own.find(hasConnection) : undefined)
    if (here || !this.#shared) return here?.session
    const asked = this.#shared.ofToken(token.hash).then((found) => found.map(({ session }) => session))
    const stored = await this.#endings.unendedOf(asked)
    const elsewhere = stored.filter((session) => session.secretHash === null && matches(session, request))
    const lost = elsewhere.find(isLost) ?? (isSole ? elsewhere[0] : undefined)
    return lost && this.#borrow(lost)
  }

  /** The session whose credential hashes to `secretHash`, whatever it is for and wherever it was opened. */
  async findBySecret(secretHash: SecretHash): Promise<Session | undefined> {
    const entry = this.#open.withSecret(secretHash)
    if (entry || !this.#shared) return entry?.session
    const asked = this.#shared.withSecret(secretHash).then((found) => (found ? [found.session] : []))
    const [stored] = await this.#endings.unendedOf(asked)
    return stored && this.#borrow(stored)
  }

  #admittedBy(token: Token, request: AccessRequest): OpenSession[] {
    return this.#open.ofToken(token.hash).filter(({ admitted, session }) => admitted && matches(session, request))
  }

  #borrow(session: Session): Session | undefined {
    const now = this.#clock.now()
    const known = this.#open.get(session.id)
    if (known) return known.session
    if (session.endsAt !== null && now >= session.endsAt) return undefined
    const entry = { ...openSession(session, null), admitted: true, borrowed: true }
    entry.session = { ...session, lastSeen: now }
    this.#open.add(entry)
    return entry.session
  }
}
