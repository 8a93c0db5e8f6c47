import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'

/** What a key leads to on disk: a token under its hash, a session under `s:` and its id. */
export type StoredRecord = Token | Session

export function isToken(record: StoredRecord): record is Token {
  return 'hash' in record
}

/** Sorts after every hash. */
export const SESSION_PREFIX = 's:'

export function sessionKey(id: string): string {
  return SESSION_PREFIX + id
}

/** The session id in a key; undefined for a token's key. */
export function sessionIdOf(key: string): string | undefined {
  return key.startsWith(SESSION_PREFIX) ? key.slice(SESSION_PREFIX.length) : undefined
}
