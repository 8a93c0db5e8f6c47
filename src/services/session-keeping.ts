import type { EndReason, Session } from '../domain/session.ts'
import type { Seconds } from '../domain/units.ts'
import type { Audit } from './audit.ts'
import { Endings } from './endings.ts'
import type { Clock, SessionStore } from './ports.ts'
import { bytesOf, isInUse, type OpenSession, SessionRegister } from './session-register.ts'

/** How much later than it is `lastSeen` may be in the store: no sync for each segment. */
export const LAZY_SEEN: Seconds = 30

interface Dependencies {
  readonly store: SessionStore
  readonly audit: Audit
  readonly clock: Clock
}

/** The open sessions of this process, kept in the store as they change, and how they end. */
export class SessionKeeping {
  readonly open = new SessionRegister()
  readonly endings = new Endings()
  readonly #store: SessionStore
  readonly #audit: Audit
  readonly #clock: Clock

  constructor({ store, audit, clock }: Dependencies) {
    this.#store = store
    this.#audit = audit
    this.#clock = clock
  }

  /** Those that an earlier process left to this one. */
  stored(): Promise<readonly Session[]> {
    return this.#store.all()
  }

  /** What is borrowed is taken over. */
  persist(entry: OpenSession, takesOver = entry.borrowed): void {
    if (entry.session.tokenHash === null) return
    entry.storedSeen = entry.session.lastSeen
    entry.borrowed = false
    this.#store.put(entry.session, takesOver)
  }

  /** Its holder has just shown up. */
  see(entry: OpenSession): void {
    entry.session = { ...entry.session, lastSeen: this.#clock.now() }
    const { id, lastSeen } = entry.session
    if (lastSeen - entry.storedSeen >= LAZY_SEEN && this.open.get(id) === entry) this.persist(entry)
  }

  end(entry: OpenSession, reason: EndReason): void {
    if (entry.session.tokenHash !== null) this.#store.remove(entry.session.id, reason)
    this.close(entry, reason)
  }

  /** Ends sessions; returns how many a client could still have used. */
  endAll(entries: readonly OpenSession[], reason: EndReason): number {
    const usable = entries.filter(isInUse).length
    for (const entry of entries) this.end(entry, reason)
    return usable
  }

  /** Ends a session here, whatever the store has. */
  close(entry: OpenSession, reason: EndReason): void {
    const bytes = bytesOf(entry)
    this.open.drop(entry)
    this.endings.tell(entry.session.id)
    this.detach(entry, reason)
    for (const visit of entry.visits) visit.abort(reason)
    this.recordEnd(entry.session, reason, bytes)
  }

  /** The only place that calls {@link Connection.close}, once for each connection. */
  detach(entry: OpenSession, reason: EndReason): void {
    const { connection } = entry
    if (!connection) return
    this.forgetConnection(entry)
    connection.close(reason)
  }

  forgetConnection(entry: OpenSession): void {
    entry.earlierBytes = bytesOf(entry)
    entry.connection = null
  }

  recordEnd(session: Session, reason: EndReason, bytes: number): void {
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
