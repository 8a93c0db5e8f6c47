import type { Refusal } from '../domain/access.ts'
import type { AuditEntry, AuditFilter } from '../domain/audit.ts'
import type { Recording, RecordingView } from '../domain/recording.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { EndReason, Session } from '../domain/session.ts'
import type { Token, TokenUse } from '../domain/token.ts'
import type { Milliseconds, UnixSeconds } from '../domain/units.ts'
import type { User } from '../domain/user.ts'
import type { SharedStore } from './nodes.ts'

export interface Clock {
  now(): UnixSeconds
}

/** Where tokens and the sessions that they opened are kept. Every promise resolves only when the change is durable. */
export interface TokenStore {
  findByHash(hash: SecretHash): Promise<Token | undefined>
  findById(id: string): Promise<Token | undefined>
  /**
   * Every token stored when the first is asked for, in no order that callers may rely on and a few at a time in memory.
   * The store need not look at those that `hint` rules out, and may give some of them all the same.
   */
  all(hint?: TokenHint): AsyncIterable<Token>
  /**
   * Adds tokens whose secrets were drawn just now, all or none. The store is not searched for them: of 190 random bits
   * none come twice, and a search would cost more than the rest of the minting.
   */
  mint(tokens: readonly Token[]): Promise<void>
  /** Adds tokens that come from elsewhere, all or none; refused where one of them is stored already. */
  add(tokens: readonly Token[]): Promise<void>
  /**
   * Holds one use of the token for `ttl`, in the memory of the one writer: nothing is written, a restart forgets it.
   * Refused with TOKEN_RESERVED where every use left is held, and with what {@link judgeSpendable} says.
   */
  reserve(hash: SecretHash, holder: string, ttl: Milliseconds): Promise<Reserved | Refusal>
  /** Gives a held use back; unknown holders are ignored. */
  release(hash: SecretHash, holder: string): Promise<void>
  /** Counts the use that `holder` holds and stores the session it opens, if any, as one commit. Judges again first. */
  spend(hash: SecretHash, holder: string, use: TokenUse, session: Session | null): Promise<Reserved | Refusal>
  /** Forbids all further uses; returns the tokens that it changed (unknown and revoked ones are passed over). */
  revoke(hashes: readonly SecretHash[], at: UnixSeconds): Promise<readonly Token[]>
  /** Forgets tokens for good, but for those with a session that is still there; returns how many it forgot. */
  drop(hashes: readonly SecretHash[]): Promise<number>
  /** The same for those that are still as `known`; returns which those were. */
  take(known: readonly KnownToken[]): Promise<ReadonlySet<SecretHash>>
}

/** What of a token changes, as somebody has read it. */
export type KnownToken = Pick<Token, 'hash' | 'used' | 'revokedAt'>

/** Which tokens somebody looks for. */
export interface TokenHint {
  readonly id?: string
  readonly app?: string
  /** Tokens whose streamId is literally this. */
  readonly streamId?: string
  /** Tokens that may have ended by then. */
  readonly endedBy?: UnixSeconds
  readonly createdFrom?: UnixSeconds
  /** Tokens whose hash comes after this one. */
  readonly hashAfter?: SecretHash
  /** Tokens whose hash comes no later than that; asked again as the search goes on. */
  readonly hashUpTo?: () => SecretHash | undefined
  /** Tokens made no later than that; asked again as the search goes on. */
  readonly createdUpTo?: () => UnixSeconds
}

export interface Reserved {
  readonly ok: true
  /** The token as it stands: after `spend`, with the use counted. */
  readonly token: Token
}

/** Sessions that outlive the process that opened them. */
export interface SessionStore {
  all(): Promise<readonly Session[]>
  /**
   * Changes a session that a spend stored; one that is gone stays so. Written soon: losing it costs a last-seen time.
   * What another machine has gone on with is left to it unless the session `takesOver`.
   */
  put(session: Session, takesOver?: boolean): void
  /** Gone soon, not durably. Where several machines share the store, one that was kicked is so on all of them. */
  remove(id: string, reason?: EndReason): void
}

export interface ApiKey {
  /** `ak_` and 12 of `[0-9a-z]`. */
  readonly id: string
  readonly hash: SecretHash
  readonly note: string | null
  readonly createdAt: UnixSeconds
}

/** What `settings.json` holds. Settings are stored as the text that `settings set` takes. */
export interface Configuration {
  readonly settings: Readonly<Record<string, string>>
  readonly apiKeys: readonly ApiKey[]
  /** Who may log in; undefined: nobody. */
  readonly users?: readonly User[]
}

export interface ConfigurationStore {
  /** The configuration as last read or written. */
  readonly current: Configuration
  /** Replaces it durably. */
  write(next: Configuration): Promise<void>
  /** Reads it from the disk again, as after SIGHUP. */
  reload(): Promise<void>
}

/** The store as a whole, held by one process at a time. */
export interface Store {
  readonly tokens: TokenStore
  readonly sessions: SessionStore
  readonly configuration: ConfigurationStore
  /** Undefined: no other machine has this store. */
  readonly shared?: SharedStore
  /**
   * Makes the directory `target` a store with all that this one holds now, while it goes on; undefined: it cannot.
   * BAD_VALUE where `target` is there already.
   */
  readonly backUp?: (target: string) => Promise<void>
  /** Flushes and lets go of the lock; idempotent. */
  close(): Promise<void>
}

/** What is known of the recordings made here. Every promise resolves only when the change is durable. */
export interface RecordingIndex {
  get(app: string, file: string): Recording | undefined
  all(): readonly Recording[]
  /** Adds a recording, or takes the place of what was known of the file. */
  put(recording: Recording): Promise<void>
  remove(app: string, file: string): Promise<void>
}

/** The recordings in the media directory, and the files that the operator dropped there. */
export interface RecordingArchive {
  list(): Promise<RecordingView[]>
  /** Deletes a file for good. RECORDING_NOT_FOUND; RECORDING_BUSY while it is being written. */
  remove(app: string, file: string): Promise<RecordingView>
}

export interface AuditQuery extends AuditFilter {
  /** As many as this, at most. */
  readonly limit: number
  /** Entries before this one, as its line of JSON. */
  readonly before?: string
}

/** Where audit lines go: one JSON object a line. */
export interface AuditLog {
  append(entry: AuditEntry): void
  /** Resolves when all that was appended is written. */
  flush(): Promise<void>
}
