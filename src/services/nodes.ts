import type { SecretHash } from '../domain/secret.ts'
import type { EndReason, Session } from '../domain/session.ts'

/** What a store offers that several machines share. */
export interface SharedStore {
  readonly sessions: SharedSessions
  /** The other daemons; null: this process is none. */
  readonly nodes: Nodes | null
  /** The names of the nodes that are up. */
  up(): Promise<readonly string[]>
}

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
  /** How a session that is stored no more was ended on purpose; undefined: it was not, or not in the last 30 days. */
  endOf(session: Session): Promise<EndReason | undefined>
  /** How many sessions of other nodes, that a client could still have used, the revocation of these tokens has ended. */
  takeEnded(hashes: readonly SecretHash[]): number
}

/** What a store tells all nodes of what was done through it. `node`: by whom; null: by a command. */
export type NodeEvent =
  | { readonly kind: 'revoked'; readonly hash: SecretHash; readonly node: string | null }
  | { readonly kind: 'ended'; readonly id: string; readonly node: string | null }
  /** `node` has this session now. */
  | { readonly kind: 'moved'; readonly id: string; readonly node: string | null }
  | { readonly kind: 'configuration'; readonly node: string | null }

export interface NodeListener {
  /** Something was done by another node, or by a command. */
  hear(event: NodeEvent): void
  /** Events may have been missed: the store must be compared with what is known here. */
  catchUp(): Promise<void>
  answer(question: unknown): Promise<unknown>
  /** These sessions are of a node that is no longer up. */
  inherit(sessions: readonly Session[]): void
}

/** The daemons that share a store, each a node with a name of its own. */
export interface Nodes {
  readonly name: string
  /** DAEMON_RUNNING where another one of its name is up, whose sessions are not to be touched. */
  refuseTwin(): Promise<void>
  /** Makes this node known, and listens. DAEMON_RUNNING as above. */
  join(listener: NodeListener): Promise<void>
  /** What the other nodes that are up answer within three seconds. */
  ask(question: unknown): Promise<readonly unknown[]>
  /** Leaves its sessions to the others. */
  leave(): Promise<void>
}
