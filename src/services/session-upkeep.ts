import type { SecretHash } from '../domain/secret.ts'
import type { EndReason, Session } from '../domain/session.ts'
import type { UnixSeconds } from '../domain/units.ts'
import type { Clock } from './ports.ts'
import { LAZY_SEEN, type SessionKeeping } from './session-keeping.ts'
import { bytesOf, type OpenSession, openSession } from './session-register.ts'
import type { Settings } from './settings.ts'

interface Dependencies {
  readonly keeping: SessionKeeping
  readonly settings: Settings
  readonly clock: Clock
  /** Whether other nodes may have a session as well. */
  readonly isShared: boolean
}

/** What becomes of sessions without their clients doing anything: restarts, limits of time, other nodes. */
export class SessionUpkeep {
  readonly #keeping: SessionKeeping
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #isShared: boolean

  constructor({ keeping, settings, clock, isShared }: Dependencies) {
    this.#keeping = keeping
    this.#settings = settings
    this.#clock = clock
    this.#isShared = isShared
  }

  /** Takes over what an earlier process stored. A connection that it held is lost as of now. */
  async restore(): Promise<void> {
    this.#takeOver(await this.#keeping.stored())
    this.sweep()
  }

  /** Takes over the sessions of a node that is no longer up. */
  inherit(sessions: readonly Session[]): void {
    for (const entry of this.#takeOver(sessions)) this.#keeping.persist(entry, true)
    this.sweep()
  }

  /** Another node has the session now: a connection here is an older one, and so is a link by another secret. */
  handOver(id: string, secretHash: SecretHash | null): void {
    const entry = this.#keeping.open.get(id)
    if (!entry) return
    if (entry.session.secretHash !== null && entry.session.secretHash !== secretHash) {
      this.#keeping.close(entry, 'replaced')
      return
    }
    if (entry.borrowed) return
    const bytes = bytesOf(entry)
    if (entry.connection) this.#keeping.recordEnd(entry.session, 'replaced', bytes)
    this.#keeping.detach(entry, 'replaced')
    entry.borrowed = true
  }

  /** Takes back a session whose connection is still here. False: it is not. */
  reclaim(id: string): boolean {
    const entry = this.#keeping.open.get(id)
    if (!entry?.connection) return false
    this.#keeping.persist(entry, true)
    return true
  }

  /** Ends a session that is no longer in the store. */
  drop(id: string, reason: EndReason): void {
    const entry = this.#keeping.open.get(id)
    if (entry) this.#keeping.close(entry, reason)
    else this.#keeping.endings.tell(id)
  }

  /** Sessions whose use was written. */
  written(): Session[] {
    const written = this.#keeping.open.all().filter(({ admitted, session }) => admitted && session.tokenHash !== null)
    return written.map(({ session }) => session)
  }

  has(id: string): boolean {
    return this.#keeping.open.get(id) !== undefined
  }

  /** Ends what has run out: `--max-session`, the reconnect grace, the idle limit. */
  sweep(): void {
    const now = this.#clock.now()
    for (const entry of this.#keeping.open.all()) {
      const reason = this.#overdue(entry, now)
      if (reason === 'returned') this.#keeping.open.drop(entry)
      else if (reason) this.#keeping.end(entry, reason)
    }
  }

  /** Lets every client go without ending its session, so that it can be resumed after a restart. */
  suspendAll(): void {
    for (const entry of this.#keeping.open.all()) {
      if (entry.session.tokenHash === null) this.#keeping.end(entry, 'shutdown')
      else this.#keeping.detach(entry, 'shutdown')
    }
  }

  #takeOver(sessions: readonly Session[]): OpenSession[] {
    const now = this.#clock.now()
    return sessions.map((session) => {
      const known = this.#keeping.open.get(session.id)
      if (known) return known
      // It may have been seen later than is stored.
      const lastSeen = Math.max(session.lastSeen, Math.min(now, session.lastSeen + LAZY_SEEN))
      const lost = { ...session, lastSeen, lostAt: session.lostAt ?? now }
      const entry = { ...openSession(lost, null), admitted: true }
      this.#keeping.open.add(entry)
      return entry
    })
  }

  #overdue(entry: OpenSession, now: UnixSeconds): EndReason | 'returned' | undefined {
    const { session, connection, visits, borrowed } = entry
    if (session.endsAt !== null && now >= session.endsAt) return 'expired'
    if (connection || visits.size > 0) return undefined
    if (borrowed) return now - session.lastSeen >= LAZY_SEEN ? 'returned' : undefined
    if (session.secretHash !== null) {
      const limit = this.#settings.values[session.protocol === 'vod' ? 'session-idle-vod' : 'session-idle-live']
      // Another node that was asked as well may not have told yet.
      const slack = this.#isShared ? LAZY_SEEN : 0
      return now - session.lastSeen >= limit + slack ? 'idle' : undefined
    }
    return now - (session.lostAt ?? now) >= this.#settings.values['reconnect-grace'] ? 'lost' : undefined
  }
}
