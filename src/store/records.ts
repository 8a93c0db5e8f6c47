import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'

/** What a key leads to on disk: a token under its hash, a session under `s:` and its id. */
export type StoredRecord = Token | Session

export function isToken(record: StoredRecord): record is Token {
  return 'hash' in record
}

export interface Change {
  readonly key: string
  /** What the key leads to from now on; undefined: nothing. */
  readonly record: StoredRecord | undefined
  /** Puts back what was there before. */
  undo(): void
}

const SESSION_PREFIX = 's:'

export function sessionKey(id: string): string {
  return SESSION_PREFIX + id
}

/** The session id in a key; undefined for a token's key. */
export function sessionIdOf(key: string): string | undefined {
  return key.startsWith(SESSION_PREFIX) ? key.slice(SESSION_PREFIX.length) : undefined
}

/** All that is stored, in memory: what lowdb calls `data`. It remembers what changed until the adapter takes it. */
export class Records {
  readonly #tokens = new Map<SecretHash, Token>()
  readonly #ids = new Map<string, SecretHash>()
  readonly #sessions = new Map<string, Session>()
  #changes: Change[] = []
  #touched = new Set<string>()

  get tokens(): ReadonlyMap<SecretHash, Token> {
    return this.#tokens
  }

  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions
  }

  tokenById(id: string): Token | undefined {
    const hash = this.#ids.get(id)
    return hash === undefined ? undefined : this.#tokens.get(hash)
  }

  /** The tokens with a session that is still there. A revoke must find them, however long ago they ended. */
  tokensInUse(): ReadonlySet<SecretHash> {
    const inUse = new Set<SecretHash>()
    for (const { tokenHash } of this.#sessions.values()) if (tokenHash !== null) inUse.add(tokenHash)
    return inUse
  }

  recordAt(key: string): StoredRecord | undefined {
    const sessionId = sessionIdOf(key)
    return sessionId === undefined ? this.#tokens.get(key) : this.#sessions.get(sessionId)
  }

  putToken(token: Token): void {
    this.#changeToken(token.hash, token)
  }

  dropToken(hash: SecretHash): void {
    this.#changeToken(hash, undefined)
  }

  putSession(session: Session): void {
    this.#changeSession(session.id, session)
  }

  dropSession(id: string): void {
    this.#changeSession(id, undefined)
  }

  /** Changes a session now, to be written whenever there is an occasion. */
  touchSession(id: string, session: Session | undefined): void {
    this.#setSession(id, session)
    this.#touched.add(id)
  }

  /** The changes since the last call: what the next commit holds. */
  takeChanges(): readonly Change[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** The touched sessions as they stand; undoing one only means that it waits for the next occasion. */
  takeTouched(): readonly Change[] {
    const touched = this.#touched
    if (touched.size === 0) return []
    this.#touched = new Set()
    return Array.from(touched, (id) => ({
      key: sessionKey(id),
      record: this.#sessions.get(id),
      undo: () => void this.#touched.add(id),
    }))
  }

  /** Takes in what was read from the disk. */
  load(key: string, record: StoredRecord | undefined): void {
    const sessionId = sessionIdOf(key)
    if (sessionId === undefined) this.#setToken(key, record as Token | undefined)
    else this.#setSession(sessionId, record as Session | undefined)
  }

  /** Forgets a token that the snapshot on disk no longer holds, unless it changed in the meantime. */
  forget(token: Token): void {
    if (this.#tokens.get(token.hash) === token) this.#setToken(token.hash, undefined)
  }

  #changeToken(hash: SecretHash, token: Token | undefined): void {
    const before = this.#tokens.get(hash)
    this.#setToken(hash, token)
    this.#changes.push({ key: hash, record: token, undo: () => this.#setToken(hash, before) })
  }

  #changeSession(id: string, session: Session | undefined): void {
    const before = this.#sessions.get(id)
    this.#setSession(id, session)
    this.#changes.push({ key: sessionKey(id), record: session, undo: () => this.#setSession(id, before) })
  }

  #setToken(hash: SecretHash, token: Token | undefined): void {
    const before = this.#tokens.get(hash)
    if (before && before.id !== token?.id) this.#ids.delete(before.id)
    if (!token) {
      this.#tokens.delete(hash)
      return
    }
    this.#tokens.set(hash, token)
    this.#ids.set(token.id, hash)
  }

  #setSession(id: string, session: Session | undefined): void {
    if (session) this.#sessions.set(id, session)
    else this.#sessions.delete(id)
  }
}

/** Undoes `changes`, the last one first. */
export function undoAll(changes: readonly Change[]): void {
  for (const change of changes.toReversed()) change.undo()
}
