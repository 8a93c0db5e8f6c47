import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'

/** A session where several nodes share the store. */
export interface StoredSession {
  /** The name of the node that had it last. */
  readonly node: string
  readonly session: Session
}

/** Sessions of every node, as they are stored. */
export interface SharedSessions {
  everywhere(): Promise<readonly StoredSession[]>
  withId(id: string): Promise<StoredSession | undefined>
  withSecret(secretHash: SecretHash): Promise<StoredSession | undefined>
  ofToken(hash: SecretHash): Promise<readonly StoredSession[]>
}
