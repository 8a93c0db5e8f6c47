import type { SecretHash } from '../../domain/secret.ts'
import type { Session } from '../../domain/session.ts'
import { isUsedUp, type Token } from '../../domain/token.ts'
import type { UnixSeconds } from '../../domain/units.ts'
import { Records } from '../records.ts'
import { isToken, type StoredRecord, sessionIdOf, sessionKey } from '../stored-record.ts'

export interface Settled {
  readonly records: Records
  readonly tokens: number
  readonly sessions: number
  /** Tokens that were revoked for want of certainty. */
  readonly barred: number
}

/**
 * What is known of each record while a damaged store is read from its oldest byte to its newest. Each record is told
 * whole whenever it changes, so the last telling counts, unless a later one may have been lost: then the token may have
 * been spent or revoked in what was lost, and must open nothing.
 */
export class SalvagedRecords {
  readonly #tokens = new Map<SecretHash, Token>()
  readonly #sessions = new Map<string, Session>()
  readonly #certain = new Set<string>()

  put(key: string, record: StoredRecord): void {
    if (isToken(record)) this.#tokens.set(key, furtherOf(this.#tokens.get(key), record))
    else this.#sessions.set(record.id, record)
    this.#certain.add(key)
  }

  drop(key: string): void {
    const sessionId = sessionIdOf(key)
    if (sessionId === undefined) this.#tokens.delete(key)
    else this.#sessions.delete(sessionId)
    this.#certain.delete(key)
  }

  /** Something was lost here that may have been about any record known so far. */
  doubtAll(): void {
    this.#certain.clear()
  }

  doubt(key: string): void {
    this.#certain.delete(key)
  }

  /** @param isSuspect whether other evidence than the store's tells of a use or revocation that it does not know of */
  settle(now: UnixSeconds, isSuspect: (token: Token) => boolean): Settled {
    const records = new Records()
    let barred = 0
    for (const [hash, token] of this.#tokens) {
      const isOver = token.revokedAt !== null || isUsedUp(token)
      const isGood = isOver || (this.#certain.has(hash) && !isSuspect(token))
      if (!isGood) barred++
      const settled = isGood ? token : { ...token, revokedAt: now }
      this.#tokens.set(hash, settled)
      records.load(hash, settled)
    }
    for (const [id, session] of this.#sessions) if (this.#goesOn(session)) records.load(sessionKey(id), session)
    return { records, tokens: this.#tokens.size, sessions: records.sessions.size, barred }
  }

  /** A session ends with its token's revocation, and one that may have ended is over. */
  #goesOn({ id, tokenHash }: Session): boolean {
    if (!this.#certain.has(sessionKey(id))) return false
    return tokenHash === null || this.#tokens.get(tokenHash)?.revokedAt === null
  }
}

/** No token is ever used less or revoked no more: where two records disagree, the one that goes further is the later. */
function furtherOf(known: Token | undefined, told: Token): Token {
  if (!known) return told
  const later = known.used > told.used ? known : told
  return { ...later, revokedAt: known.revokedAt ?? told.revokedAt }
}
