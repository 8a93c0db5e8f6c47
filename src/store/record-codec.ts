import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'
import { isToken, type StoredRecord, sessionIdOf } from './stored-record.ts'

const HASH = /^[0-9a-f]{64}$/

/** A record as JSON; what its key says already is left out. */
export function encodeRecord(record: StoredRecord): string {
  if (isToken(record)) {
    const { hash: _key, ...rest } = record
    return JSON.stringify(rest)
  }
  const { id: _key, ...rest } = record
  return JSON.stringify(rest)
}

/**
 * Reads back what {@link encodeRecord} wrote, its checksum having been found right.
 * @throws SyntaxError where it is no record of this version
 */
export function decodeRecord(key: unknown, value: unknown): [string, StoredRecord] {
  const known = decodeKey(key)
  if (typeof value !== 'object' || value === null) throw new SyntaxError('no record')
  const sessionId = sessionIdOf(known)
  // Into the object just parsed: a copy of it would cost as much as the parsing.
  if (sessionId === undefined) return [known, Object.assign(value, { hash: known }) as Token]
  return [known, Object.assign(value, { id: sessionId }) as Session]
}

export function decodeKey(key: unknown): string {
  if (typeof key === 'string' && (HASH.test(key) || sessionIdOf(key) !== undefined)) return key
  throw new SyntaxError('no key')
}
