import type { AccessRequest } from '../domain/access.ts'
import { AmsctlError } from '../domain/errors.ts'
import { maskReference, type SecretHash } from '../domain/secret.ts'
import { type EndReason, type Session, type SessionView, viewSession } from '../domain/session.ts'
import { isUsedUp, type Protocol, type Token } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import type { Admission, Connection, Visit } from './access-control.ts'
import type { Audit } from './audit.ts'
import type { SharedSessions } from './nodes.ts'
import type { Clock, SessionStore } from './ports.ts'
import {
  bytesOf,
  hasConnection,
  isInUse,
  matches,
  type OpenSession,
  openSession,
  SessionRegister,
} from './session-register.ts'
import type { Settings } from './settings.ts'

/** How much later than it is `lastSeen` may be in the store: no sync for each segment. */
const LAZY_SEEN: Seconds = 30

interface Dependencies {
  readonly store: SessionStore
  /** Sessions of all nodes; undefined: there is but this one. */
  readonly shared?: SharedSessions | undefined
  readonly settings: Settings
  readonly audit: Audit
  readonly clock: Clock
}

/** Every open session, and the connections by which they can be ended. */
export class Sessions {
  readonly #store: SessionStore
  readonly #shared: SharedSessions | undefined
  readonly #settings: Settings
  readonly #audit: Audit
  readonly #clock: Clock
  readonly #open = new SessionRegister()

  constructor({ store, shared, settings, audit, clock }: Dependencies) {
    this.#store = store
    this.#shared = shared
    this.#settings = settings
    this.#audit = audit
    this.#clock = clock
  }

  /** Takes over what an earlier process stored. A connection that it held is lost as of now. */
  async restore(): Promise<void> {
    this.#takeOver(await this.#store.all())
    this.sweep()
  }

  /** Takes over the sessions of a node that is no longer up. */
  inherit(sessions: readonly Session[]): void {
    for (const entry of this.#takeOver(sessions)) this.#persist(entry)
    this.sweep()
  }

  /** Another node has the session now: a connection here is an older one. */
  handOver(id: string): void {
    const entry = this.#open.get(id)
    if (!entry || entry.borrowed) return
    const bytes = bytesOf(entry)
    if (entry.connection) this.#recordEnd(entry.session, 'replaced', bytes)
    this.#detach(entry, 'replaced')
    entry.borrowed = true
  }

  /** Ends a session that is no longer in the store. */
  drop(id: string, reason: EndReason): void {
    const entry = this.#open.get(id)
    if (entry) this.#close(entry, reason)
  }

  /** Sessions that must be in the store by now, as this node's. */
  settled(before: UnixSeconds): Session[] {
    const own = this.#open.all().filter(({ admitted, borrowed, session }) => {
      return admitted && !borrowed && session.tokenHash !== null && session.since < before
    })
    return own.map(({ session }) => session)
  }

  has(id: string): boolean {
    return this.#open.get(id) !== undefined
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
    if (!entry?.connection && !entry?.borrowed) return
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
    const stored = (await this.#shared.ofToken(token.hash)).map(({ session }) => session)
    const elsewhere = stored.filter((session) => session.secretHash === null && matches(session, request))
    const lost = elsewhere.find(isLost) ?? (isSole ? elsewhere[0] : undefined)
    return lost && this.#borrow(lost)
  }

  /** The session whose credential hashes to `secretHash`, whatever it is for and wherever it was opened. */
  async findBySecret(secretHash: SecretHash): Promise<Session | undefined> {
    const entry = this.#open.withSecret(secretHash)
    if (entry || !this.#shared) return entry?.session
    const stored = await this.#shared.withSecret(secretHash)
    return stored && this.#borrow(stored.session)
  }

  list(): SessionView[] {
    return this.#open
      .all()
      .filter((entry) => isInUse(entry) && !entry.borrowed)
      .map((entry) => viewSession(entry.session, bytesOf(entry)))
  }

  kick(id: string): Session {
    const entry = this.#open.get(id)
    if (!entry) throw new AmsctlError('SESSION_NOT_FOUND', `no session "${maskReference(id)}"; see amsctl session list`)
    // Only who has a session can take it from the store.
    if (entry.borrowed) this.#persist(entry)
    this.#end(entry, 'kicked')
    return entry.session
  }

  /** Ends every session that one of these tokens opened; returns how many a client could still have used. */
  endOfTokens(hashes: readonly SecretHash[], reason: EndReason): number {
    const entries = hashes.flatMap((hash) => this.#open.ofToken(hash))
    return this.#endAll(entries, reason) + (this.#shared?.takeEnded(hashes) ?? 0)
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
      if (reason === 'returned') this.#open.drop(entry)
      else if (reason) this.#end(entry, reason)
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

  #overdue(entry: OpenSession, now: UnixSeconds): EndReason | 'returned' | undefined {
    const { session, connection, visits, borrowed } = entry
    if (session.endsAt !== null && now >= session.endsAt) return 'expired'
    if (connection || visits.size > 0) return undefined
    if (borrowed) return now - session.lastSeen >= LAZY_SEEN ? 'returned' : undefined
    if (session.secretHash !== null) {
      const limit = this.#settings.values[session.protocol === 'vod' ? 'session-idle-vod' : 'session-idle-live']
      // Another node that was asked as well may not have told yet.
      const slack = this.#shared ? LAZY_SEEN : 0
      return now - session.lastSeen >= limit + slack ? 'idle' : undefined
    }
    return now - (session.lostAt ?? now) >= this.#settings.values['reconnect-grace'] ? 'lost' : undefined
  }

  #takeOver(sessions: readonly Session[]): OpenSession[] {
    const now = this.#clock.now()
    return sessions.map((session) => {
      const known = this.#open.get(session.id)
      if (known) return known
      // It may have been seen later than is stored.
      const lastSeen = Math.max(session.lastSeen, Math.min(now, session.lastSeen + LAZY_SEEN))
      const lost = { ...session, lastSeen, lostAt: session.lostAt ?? now }
      const entry = { ...openSession(lost, null), admitted: true }
      this.#open.add(entry)
      return entry
    })
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
    if (entry.session.tokenHash !== null) this.#store.remove(entry.session.id)
    this.#close(entry, reason)
  }

  #close(entry: OpenSession, reason: EndReason): void {
    const bytes = bytesOf(entry)
    this.#open.drop(entry)
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
    entry.borrowed = false
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
