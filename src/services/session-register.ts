import type { AccessRequest } from '../domain/access.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { UnixSeconds } from '../domain/units.ts'
import type { Connection } from './access-control.ts'

/** An open session with what is attached to it in this process. */
export interface OpenSession {
  session: Session
  connection: Connection | null
  /** False while the use that opens it is being written: until then it lets nobody else in. */
  admitted: boolean
  /** Bytes of connections and requests that this session has had before. */
  earlierBytes: number
  /** Requests of a kept session that are being answered. */
  readonly visits: Set<AbortController>
  /** The `lastSeen` that the store has. */
  storedSeen: UnixSeconds
  /** Another node has it; requests of it that come here are served all the same. */
  borrowed: boolean
}

export function openSession(session: Session, connection: Connection | null): OpenSession {
  return {
    session,
    connection,
    admitted: false,
    earlierBytes: 0,
    visits: new Set(),
    storedSeen: session.lastSeen,
    borrowed: false,
  }
}

/** Open sessions by id, by the hash of their own secret, and by the token that opened them. */
export class SessionRegister {
  readonly #byId = new Map<string, OpenSession>()
  readonly #bySecret = new Map<SecretHash, OpenSession>()
  readonly #byToken = new Map<SecretHash, Set<OpenSession>>()

  get(id: string): OpenSession | undefined {
    return this.#byId.get(id)
  }

  withSecret(secretHash: SecretHash): OpenSession | undefined {
    return this.#bySecret.get(secretHash)
  }

  ofToken(tokenHash: SecretHash): OpenSession[] {
    return [...(this.#byToken.get(tokenHash) ?? [])]
  }

  /** As they are now: whoever walks them may end them. */
  all(): OpenSession[] {
    return [...this.#byId.values()]
  }

  add(opened: OpenSession): void {
    const { id, tokenHash, secretHash } = opened.session
    this.#byId.set(id, opened)
    if (secretHash !== null) this.#bySecret.set(secretHash, opened)
    if (tokenHash === null) return
    const siblings = this.#byToken.get(tokenHash) ?? new Set()
    this.#byToken.set(tokenHash, siblings.add(opened))
  }

  drop(opened: OpenSession): void {
    const { id, tokenHash, secretHash } = opened.session
    this.#byId.delete(id)
    if (secretHash !== null) this.#bySecret.delete(secretHash)
    if (tokenHash === null) return
    const siblings = this.#byToken.get(tokenHash)
    siblings?.delete(opened)
    if (siblings?.size === 0) this.#byToken.delete(tokenHash)
  }

  /** Gives a session another secret; the one that it had is no longer known. */
  setSecret(opened: OpenSession, secretHash: SecretHash): void {
    if (opened.session.secretHash !== null) this.#bySecret.delete(opened.session.secretHash)
    this.#bySecret.set(secretHash, opened)
    opened.session = { ...opened.session, secretHash }
  }
}

/** Whether a session is for the same stream, direction and address as a request. */
export function matches(session: Session, request: AccessRequest): boolean {
  return (
    session.app === request.app &&
    session.streamId === request.streamId &&
    session.type === request.type &&
    session.address === request.address
  )
}

/** A connection that broke and was not resumed is no session that anybody has; one of HTTP lives between requests. */
export function isInUse({ session, connection }: OpenSession): boolean {
  return connection !== null || session.secretHash !== null
}

export function hasConnection({ connection }: OpenSession): boolean {
  return connection !== null
}

export function bytesOf({ connection, earlierBytes }: OpenSession): number {
  return earlierBytes + (connection?.bytes() ?? 0)
}
