import type { AccessRequest } from '../domain/access.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Protocol, TokenType } from '../domain/token.ts'
import type { Admission, Connection, Visit } from './access-control.ts'
import type { Clock } from './ports.ts'
import type { SessionKeeping } from './session-keeping.ts'
import type { OpenSession } from './session-register.ts'
import type { Settings } from './settings.ts'

interface Dependencies {
  readonly keeping: SessionKeeping
  readonly settings: Settings
  readonly clock: Clock
}

/** One request that was let in without a token, while it is answered. */
interface OpenVisit {
  readonly type: TokenType
  readonly controller: AbortController
}

/** How connections and requests take hold of open sessions, and let go of them. */
export class SessionHolds {
  readonly #keeping: SessionKeeping
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #openVisits = new Set<OpenVisit>()

  constructor({ keeping, settings, clock }: Dependencies) {
    this.#keeping = keeping
    this.#settings = settings
    this.#clock = clock
  }

  /** The connection's hold on its session, the use being on the disk. */
  admission(session: Session, connection: Connection | null): Admission {
    const opened = this.#keeping.open.get(session.id)
    if (opened) opened.admitted = true
    return {
      ok: true,
      session,
      leave: (how) => {
        const entry = this.#keeping.open.get(session.id)
        // Another connection may have taken the session over, or a kick may have ended it.
        if (!connection || entry?.connection !== connection) return
        this.#keeping.forgetConnection(entry)
        // A session that was opened over HTTP outlives its connections and streams; it goes idle.
        if (how === 'lost' || session.secretHash !== null) this.#lose(entry)
        else this.#keeping.end(entry, how)
      },
    }
  }

  /**
   * Gives `session`, as it was when its holder was let in, to a new connection; the older one is closed. False: it is
   * over, or somebody has it by another secret since.
   */
  attach({ id, secretHash }: Session, connection: Connection, request: AccessRequest): boolean {
    const entry = this.#keeping.open.get(id)
    if (entry?.session.secretHash !== secretHash) return false
    this.#keeping.detach(entry, 'replaced')
    entry.connection = connection
    entry.session = {
      ...entry.session,
      protocol: request.protocol,
      userAgent: request.userAgent,
      lastSeen: this.#clock.now(),
      lostAt: null,
    }
    this.#keeping.persist(entry, true)
    return true
  }

  /** Closes the connection of a session that is about to be resumed, so that its stream name is free. */
  evict(id: string): void {
    const entry = this.#keeping.open.get(id)
    if (!entry?.connection && !entry?.borrowed) return
    this.#keeping.detach(entry, 'replaced')
    entry.session = { ...entry.session, lostAt: this.#clock.now() }
    this.#keeping.persist(entry, true)
  }

  /** Makes a session known by a secret, so that it lives between requests. False: it is over. */
  keep(id: string, secretHash: SecretHash): boolean {
    const entry = this.#keeping.open.get(id)
    if (!entry) return false
    this.#keeping.see(entry)
    if (entry.session.secretHash === secretHash) return true
    // Of two who resume at once the later one has it, and the link of the earlier may have broken unnoticed.
    this.#keeping.detach(entry, 'replaced')
    for (const visit of entry.visits) visit.abort('replaced')
    this.#keeping.open.setSecret(entry, secretHash)
    this.#keeping.persist(entry, true)
    return true
  }

  /** Counts one request of a kept session. One that fetches a recording may pause as a film does, whatever opened it. */
  visit(id: string, protocol: Protocol): Visit {
    const entry = this.#keeping.open.get(id)
    if (entry && protocol === 'vod' && entry.session.protocol !== 'vod') {
      entry.session = { ...entry.session, protocol }
      this.#keeping.persist(entry)
    }
    const controller = new AbortController()
    if (!entry) controller.abort()
    entry?.visits.add(controller)
    const seen = (bytes: number) => {
      if (!entry) return
      entry.earlierBytes += bytes
      this.#keeping.see(entry)
    }
    seen(0)
    const done = () => {
      if (entry?.visits.delete(controller)) seen(0)
    }
    return { ok: true, sessionId: id, signal: controller.signal, delivered: seen, done }
  }

  /** Token control is off: the request is of no session, and is ended with those that are open. */
  visitOpenly(type: TokenType): Visit {
    const visit = { type, controller: new AbortController() }
    this.#openVisits.add(visit)
    const done = () => void this.#openVisits.delete(visit)
    return { ok: true, sessionId: null, signal: visit.controller.signal, delivered: () => {}, done }
  }

  openVisits(types: readonly string[]): AbortController[] {
    return [...this.#openVisits].filter(({ type }) => types.includes(type)).map(({ controller }) => controller)
  }

  #lose(entry: OpenSession): void {
    const now = this.#clock.now()
    const { session } = entry
    const resumable = session.secretHash !== null || this.#settings.values['reconnect-grace'] > 0
    if (session.tokenHash === null || !resumable) {
      this.#keeping.end(entry, 'lost')
      return
    }
    entry.session = { ...session, lostAt: now, lastSeen: now }
    this.#keeping.persist(entry)
  }
}
