import { AmsctlError } from '../domain/errors.ts'
import { maskReference, type SecretHash } from '../domain/secret.ts'
import { type EndReason, type Session, type SessionView, viewSession } from '../domain/session.ts'
import type { Connection } from './access-control.ts'
import type { Audit } from './audit.ts'
import type { SharedSessions } from './nodes.ts'
import type { Clock, SessionStore } from './ports.ts'
import { SessionHolds } from './session-holds.ts'
import { SessionKeeping } from './session-keeping.ts'
import { bytesOf, isInUse, type OpenSession, openSession } from './session-register.ts'
import { SessionSearch } from './session-search.ts'
import { SessionUpkeep } from './session-upkeep.ts'
import type { Settings } from './settings.ts'

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
  readonly #keeping: SessionKeeping
  readonly #shared: SharedSessions | undefined
  readonly #holds: SessionHolds
  readonly #search: SessionSearch
  readonly #upkeep: SessionUpkeep

  constructor({ store, shared, settings, audit, clock }: Dependencies) {
    const keeping = new SessionKeeping({ store, audit, clock })
    this.#keeping = keeping
    this.#shared = shared
    this.#holds = new SessionHolds({ keeping, settings, clock })
    this.#search = new SessionSearch({ open: keeping.open, endings: keeping.endings, shared, settings, clock })
    this.#upkeep = new SessionUpkeep({ keeping, settings, clock, isShared: shared !== undefined })
  }

  /** Registers a session as its token is being spent; {@link cancel} takes it back. */
  open(session: Session, connection: Connection | null): void {
    this.#keeping.open.add(openSession(session, connection))
  }

  /** Forgets a session whose spend failed. */
  cancel(id: string): void {
    const entry = this.#keeping.open.get(id)
    if (entry) this.#keeping.open.drop(entry)
  }

  connectionOf(id: string): Connection | null {
    return this.#keeping.open.get(id)?.connection ?? null
  }

  /** Whether the session is open still and `connection` is the one that has it. */
  holds(id: string, connection: Connection | null): boolean {
    return this.#keeping.open.get(id)?.connection === connection
  }

  list(): SessionView[] {
    return this.#keeping.open
      .all()
      .filter((entry) => isInUse(entry) && !entry.borrowed)
      .map((entry) => viewSession(entry.session, bytesOf(entry)))
  }

  kick(id: string): Session {
    const entry = this.#keeping.open.get(id)
    if (!entry) throw new AmsctlError('SESSION_NOT_FOUND', `no session "${maskReference(id)}"; see amsctl session list`)
    // Only who has a session can take it from the store.
    if (entry.borrowed) this.#keeping.persist(entry)
    this.#keeping.end(entry, 'kicked')
    return entry.session
  }

  /** Ends every session that one of these tokens opened; returns how many a client could still have used. */
  endOfTokens(hashes: readonly SecretHash[], reason: EndReason): number {
    for (const hash of hashes) this.#keeping.endings.tell(hash)
    const entries = hashes.flatMap((hash) => this.#keeping.open.ofToken(hash))
    return this.#keeping.endAll(entries, reason) + (this.#shared?.takeEnded(hashes) ?? 0)
  }

  /** Connections let in without a token: sessions, and requests that are being answered. */
  openOnes(types: readonly string[]): number {
    return this.#withoutToken(types).length + this.#holds.openVisits(types).length
  }

  endOpenOnes(types: readonly string[]): number {
    const visits = this.#holds.openVisits(types)
    for (const visit of visits) visit.abort('kicked')
    return this.#keeping.endAll(this.#withoutToken(types), 'kicked') + visits.length
  }

  readonly admission: SessionHolds['admission'] = (...args) => this.#holds.admission(...args)
  readonly attach: SessionHolds['attach'] = (...args) => this.#holds.attach(...args)
  readonly evict: SessionHolds['evict'] = (id) => this.#holds.evict(id)
  readonly keep: SessionHolds['keep'] = (...args) => this.#holds.keep(...args)
  readonly visit: SessionHolds['visit'] = (...args) => this.#holds.visit(...args)
  readonly visitOpenly: SessionHolds['visitOpenly'] = (type) => this.#holds.visitOpenly(type)

  readonly openedBy: SessionSearch['openedBy'] = (...args) => this.#search.openedBy(...args)
  readonly resumable: SessionSearch['resumable'] = (...args) => this.#search.resumable(...args)
  readonly findBySecret: SessionSearch['findBySecret'] = (hash) => this.#search.findBySecret(hash)

  readonly restore: SessionUpkeep['restore'] = () => this.#upkeep.restore()
  readonly inherit: SessionUpkeep['inherit'] = (sessions) => this.#upkeep.inherit(sessions)
  readonly handOver: SessionUpkeep['handOver'] = (...args) => this.#upkeep.handOver(...args)
  readonly reclaim: SessionUpkeep['reclaim'] = (id) => this.#upkeep.reclaim(id)
  readonly drop: SessionUpkeep['drop'] = (...args) => this.#upkeep.drop(...args)
  readonly written: SessionUpkeep['written'] = () => this.#upkeep.written()
  readonly has: SessionUpkeep['has'] = (id) => this.#upkeep.has(id)
  readonly sweep: SessionUpkeep['sweep'] = () => this.#upkeep.sweep()
  readonly suspendAll: SessionUpkeep['suspendAll'] = () => this.#upkeep.suspendAll()

  #withoutToken(types: readonly string[]): OpenSession[] {
    return this.#keeping.open.all().filter(({ session }) => session.tokenHash === null && types.includes(session.type))
  }
}
