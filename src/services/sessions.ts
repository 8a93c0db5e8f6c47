import type { AccessRequest } from '../domain/access.ts'
import { AmsctlError } from '../domain/errors.ts'
import { maskReference, type SecretHash } from '../domain/secret.ts'
import { type EndReason, type Session, type SessionView, viewSession } from '../domain/session.ts'
import { isUsedUp, type Protocol, type Token } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import type { Admission, Connection, Visit } from './access-control.ts'
import type { Audit } from './audit.ts'
import type { Clock, SessionStore } from './ports.ts'
import { bytesOf, isInUse, matches, type OpenSession, openSession, SessionRegister } from './session-register.ts'
import type { Settings } from './settings.ts'

/** How much later than it is `lastSeen` may be in the store: no sync for each segment. */
const LAZY_SEEN: Seconds = 30

interface Dependencies {
  readonly store: SessionStore
  readonly settings: Settings
  readonly audit: Audit
  readonly clock: Clock
}

/** Every open session, and the connections by which they can be ended. */
export class Sessions {
  readonly #store: SessionStore
  readonly #settings: Settings
  readonly #audit: Audit
  readonly #clock: Clock
  readonly #open = new SessionRegister()

  constructor({ store, settings, audit, clock }: Dependencies) {
    this.#store = store
    this.#settings = settings
    this.#audit = audit
    this.#clock = clock
  }

  /** Takes over what an earlier process stored. A connection that it held is lost as of now. */
  async restore(): Promise<void> {
    const now = this.#clock.now()
    for (const session of await this.#store.all()) {
      // It may have been seen later than is stored.
      const lastSeen = Math.max(session.lastSeen, Math.min(now, session.lastSeen + LAZY_SEEN))
      this.#open.add({ ...openSession({ ...session, lastSeen, lostAt: session.lostAt ?? now }, null), admitted: true })
    }
    this.sweep()
  }

  /** Registers a session as its token is being spent; {@link cancel} takes it back. */
  open(session: Session, connection: Connection | null): void {
    this.#open.add(openSession(session, connection))
  }

  /** Forgets a session whose spend failed. */
  cancel(id: string): void {
    const entry = this.#open.get(id)
    if (entry) this.#open.drop(entry)
  }

  /** Whether the session is open still and `connection` is the one that has it. */
  holds(id: string, connection: Connection | null): boolean {
    return this.#open.get(id)?.connection === connection
  }

  /** The connection's hold on its session, the use being on the disk. */
  admission(session: Session, connection: Connection | null): Admission {
    const opened = this.#open.get(session.id)
    if (opened) opened.admitted = true
    return {
      ok: true,
      session,
      leave: (how) => {
        const entry = this.#open.get(session.id)
        // Another connection may have taken the session over, or a kick may have ended it.
        if (!connection || entry?.connection !== connection) return
        this.#forgetConnection(entry)
        // A session that was opened over HTTP outlives its connections and streams; it goes idle.
        if (how === 'lost' || session.secretHash !== null) this.#lose(entry)
        else this.#end(entry, how)
      },
    }
  }

  /** Gives `session` to a new connection; the older one is closed. False: the session is over. */
  attach(id: string, connection: Connection, request: AccessRequest): boolean {
    const entry = this.#open.get(id)
    if (!entry) return false
    this.#detach(entry, 'replaced')
    entry.connection = connection
    entry.session = {
      ...entry.session,
      protocol: request.protocol,
      userAgent: request.userAgent,
      lastSeen: this.#clock.now(),
      lostAt: null,
    }
    this.#persist(entry)
    return true
  }

  /** Closes the connection of a session that is about to be resumed, so that its stream name is free. */
  evict(id: string): void {
    const entry = this.#open.get(id)
    if (!entry?.connection) return
    this.#detach(entry, 'replaced')
    entry.session = { ...entry.session, lostAt: this.#clock.now() }
    this.#persist(entry)
  }

  /** Makes a session known by a secret, so that it lives between requests. False: it is over. */
  keep(id: string, secretHash: SecretHash): boolean {
    const entry = this.#open.get(id)
    if (!entry) return false
    this.#see(entry)
    if (entry.session.secretHash === secretHash) return true
    // Of two who resume at once the later one has it, and the link of the earlier may have broken unnoticed.
    this.#detach(entry, 'replaced')
    this.#open.setSecret(entry, secretHash)
    this.#persist(entry)
    return true
  }

  /** The sessions that `token` opened for the same client and stream. */
  openedBy(token: Token, request: AccessRequest): Session[] {
    const own = this.#admittedBy(token, request).map(({ session }) => session)
    return own.filter(({ userAgent }) => userAgent === request.userAgent)
  }

  /** Counts one request of a kept session. One that fetches a recording may pause as a film does, whatever opened it. */
  visit(id: string, protocol: Protocol): Visit {
    const entry = this.#open.get(id)
    if (entry && protocol === 'vod' && entry.session.protocol !== 'vod') {
      entry.session = { ...entry.session, protocol }
      this.#persist(entry)
    }
    const controller = new AbortController()
    if (!entry) controller.abort()
    entry?.visits.add(controller)
    const seen = (bytes: number) => {
      if (!entry) return
      entry.earlierBytes += bytes
      this.#see(entry)
    }
    seen(0)
    const done = () => {
      if (entry?.visits.delete(controller)) seen(0)
    }
    return { ok: true, sessionId: id, signal: controller.signal, delivered: seen, done }
  }

  /** The session that `token` opened and its holder may go on with instead of spending a further use. */
  resumable(token: Token, request: AccessRequest): Session | undefined {
    const grace = this.#settings.values['reconnect-grace']
    if (grace === 0 || token.revokedAt !== null) return undefined
    const own = this.#admittedBy(token, request).filter(({ session }) => session.secretHash === null)
    const now = this.#clock.now()
    const lost = own.find(({ session }) => session.lostAt !== null && now - session.lostAt <= grace)
    if (lost) return lost.session
    // A link may have broken unnoticed. With a single use there is nobody else whom this could push out.
    return token.uses === 1 && isUsedUp(token) ? own.find(({ connection }) => connection !== null)?.session : undefined
  }

  /** The session whose credential hashes to `secretHash`, whatever it is for. */
  findBySecret(secretHash: SecretHash): Session | undefined {
    return this.#open.withSecret(secretHash)?.session
  }

  list(): SessionView[] {
    return this.#open
      .all()
      .filter(isInUse)
      .map((entry) => viewSession(entry.session, bytesOf(entry)))
  }

  kick(id: string): Session {
    const entry = this.#open.get(id)
    if (!entry) throw new AmsctlError('SESSION_NOT_FOUND', `no session "${maskReference(id)}"; see amsctl session list`)
    this.#end(entry, 'kicked')
    return entry.session
  }

  /** Ends every session that one of these tokens opened; returns how many a client could still have used. */
  endOfTokens(hashes: readonly SecretHash[], reason: EndReason): number {
    const entries = hashes.flatMap((hash) => this.#open.ofToken(hash))
    return this.#endAll(entries, reason)
  }

  /** Sessions let in without a token. */
  openOnes(types: readonly string[]): number {
    return this.#withoutToken(types).length
  }

  endOpenOnes(types: readonly string[]): number {
    return this.#endAll(this.#withoutToken(types), 'kicked')
  }

  /** Ends what has run out: `--max-session`, the reconnect grace, the idle limit. */
  sweep(): void {
    const now = this.#clock.now()
    for (const entry of this.#open.all()) {
      const reason = this.#overdue(entry, now)
      if (reason) this.#end(entry, reason)
    }
  }

  /** Lets every client go without ending its session, so that it can be resumed after a restart. */
  suspendAll(): void {
    for (const entry of this.#open.all()) {
      if (entry.session.tokenHash === null) this.#end(entry, 'shutdown')
      else this.#detach(entry, 'shutdown')
    }
  }

  #admittedBy(token: Token, request: AccessRequest): OpenSession[] {
    return this.#open.ofToken(token.hash).filter(({ admitted, session }) => admitted && matches(session, request))
  }

  #overdue({ session, connection, visits }: OpenSession, now: UnixSeconds): EndReason | undefined {
    if (session.endsAt !== null && now >= session.endsAt) return 'expired'
    if (connection || visits.size > 0) return undefined
    if (session.secretHash !== null) {
      const limit = this.#settings.values[session.protocol === 'vod' ? 'session-idle-vod' : 'session-idle-live']
      return now - session.lastSeen >= limit ? 'idle' : undefined
    }
    return now - (session.lostAt ?? now) >= this.#settings.values['reconnect-grace'] ? 'lost' : undefined
  }

  #withoutToken(types: readonly string[]): OpenSession[] {
    return this.#open.all().filter(({ session }) => session.tokenHash === null && types.includes(session.type))
  }

  #lose(entry: OpenSession): void {
    const now = this.#clock.now()
    const { session } = entry
    const resumable = session.secretHash !== null || this.#settings.values['reconnect-grace'] > 0
    if (session.tokenHash === null || !resumable) {
      this.#end(entry, 'lost')
      return
    }
    entry.session = { ...session, lostAt: now, lastSeen: now }
    this.#persist(entry)
  }

  #endAll(entries: readonly OpenSession[], reason: EndReason): number {
    const usable = entries.filter(isInUse).length
    for (const entry of entries) this.#end(entry, reason)
    return usable
  }

  #end(entry: OpenSession, reason: EndReason): void {
    const bytes = bytesOf(entry)
    this.#open.drop(entry)
    if (entry.session.tokenHash !== null) this.#store.remove(entry.session.id)
    this.#detach(entry, reason)
    for (const visit of entry.visits) visit.abort(reason)
    this.#recordEnd(entry.session, reason, bytes)
  }

  /** The only place that calls {@link Connection.close}, once for each connection. */
  #detach(entry: OpenSession, reason: EndReason): void {
    const { connection } = entry
    if (!connection) return
    this.#forgetConnection(entry)
    connection.close(reason)
  }

  #forgetConnection(entry: OpenSession): void {
    entry.earlierBytes = bytesOf(entry)
    entry.connection = null
  }

  /** Its holder has just shown up. */
  #see(entry: OpenSession): void {
    entry.session = { ...entry.session, lastSeen: this.#clock.now() }
    const { id, lastSeen } = entry.session
    if (lastSeen - entry.storedSeen >= LAZY_SEEN && this.#open.get(id) === entry) this.#persist(entry)
  }

  #persist(entry: OpenSession): void {
    if (entry.session.tokenHash === null) return
    entry.storedSeen = entry.session.lastSeen
    this.#store.put(entry.session)
  }

  #recordEnd(session: Session, reason: EndReason, bytes: number): void {
    this.#audit.record({
      event: 'end',
      by: 'client',
      address: session.address,
      protocol: session.protocol,
      app: session.app,
      streamId: session.streamId,
      type: session.type,
      tokenId: session.tokenId,
      sessionId: session.id,
      code: reason,
      message: `${bytes} bytes`,
    })
  }
}
