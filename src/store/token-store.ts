import type { Low } from 'lowdb'
import { judgeSpendable, type Refusal, refuse } from '../domain/access.ts'
import { AmsctlError } from '../domain/errors.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import { type Token, type TokenUse, withUse } from '../domain/token.ts'
import type { Milliseconds, UnixSeconds } from '../domain/units.ts'
import type { KnownToken, Reserved, TokenHint, TokenStore } from '../services/ports.ts'
import type { Records } from './records.ts'
import type { Reservations } from './reservations.ts'
import { TimeSlice } from './time-slice.ts'
import { scanTokens } from './token-scan.ts'

/** Tokens in the file-backed store. Each method judges and changes memory in one turn, so that no two can both win. */
export class FileTokenStore implements TokenStore {
  readonly #db: Low<Records>
  readonly #reservations: Reservations
  readonly #now: () => UnixSeconds

  constructor(db: Low<Records>, reservations: Reservations, now: () => UnixSeconds) {
    this.#db = db
    this.#reservations = reservations
    this.#now = now
  }

  async findByHash(hash: SecretHash): Promise<Token | undefined> {
    return this.#db.data.token(hash)
  }

  async findById(id: string): Promise<Token | undefined> {
    const token = this.#db.data.tokenByOwnId(id)
    if (token) return token
    for await (const candidate of this.all({ id })) if (candidate.id === id) return candidate
    return undefined
  }

  all(hint: TokenHint = {}): AsyncIterable<Token> {
    return scanTokens(this.#db.data, hint)
  }

  async mint(tokens: readonly Token[]): Promise<void> {
    this.#refuseChanged(tokens)
    await this.#db.update((records) => {
      for (const token of tokens) records.putToken(token)
    })
  }

  async add(tokens: readonly Token[]): Promise<void> {
    await this.#refuseStored(tokens)
    await this.mint(tokens)
  }

  async reserve(hash: SecretHash, holder: string, ttl: Milliseconds): Promise<Reserved | Refusal> {
    const verdict = this.#judge(hash, holder)
    if (verdict.ok) this.#reservations.hold(hash, holder, ttl)
    return verdict
  }

  async release(hash: SecretHash, holder: string): Promise<void> {
    this.#reservations.release(hash, holder)
  }

  async spend(hash: SecretHash, holder: string, use: TokenUse, session: Session | null): Promise<Reserved | Refusal> {
    const verdict = this.#judge(hash, holder)
    this.#reservations.release(hash, holder)
    if (!verdict.ok) return verdict
    const token = withUse(verdict.token, use)
    await this.#db.update((records) => {
      records.putToken(token)
      if (session) records.putSession(session)
    })
    return { ok: true, token }
  }

  /** The sessions that the tokens opened go in the same commit: none may be there again after a crash. */
  async revoke(hashes: readonly SecretHash[], at: UnixSeconds): Promise<readonly Token[]> {
    const revoked = this.#known(hashes)
      .filter((token) => token.revokedAt === null)
      .map((token) => ({ ...token, revokedAt: at }))
    await this.#db.update((records) => {
      for (const token of revoked) records.putToken(token)
      for (const id of this.#sessionsOf(hashes)) records.dropSession(id)
    })
    return revoked
  }

  async drop(hashes: readonly SecretHash[]): Promise<number> {
    const inUse = this.#db.data.tokensInUse()
    const dropped = this.#known(hashes).filter(({ hash }) => !inUse.has(hash))
    await this.#db.update((records) => {
      for (const token of dropped) records.dropToken(token.hash)
    })
    return dropped.length
  }

  async take(known: readonly KnownToken[]): Promise<ReadonlySet<SecretHash>> {
    const same = known.filter(({ hash, used, revokedAt }) => {
      const token = this.#db.data.token(hash)
      return token?.used === used && token.revokedAt === revokedAt
    })
    const hashes = same.map(({ hash }) => hash)
    const inUse = this.#db.data.tokensInUse()
    await this.drop(hashes)
    return new Set(hashes.filter((hash) => !inUse.has(hash)))
  }

  /** Whether `holder` may have one use more, those held by others being taken. */
  #judge(hash: SecretHash, holder: string): Reserved | Refusal {
    const token = this.#db.data.token(hash)
    if (!token) return refuse('TOKEN_UNKNOWN', 'unknown token')
    const spent = judgeSpendable(token, this.#now())
    if (spent) return spent
    if (token.uses !== null && token.used + this.#reservations.heldByOthers(hash, holder) >= token.uses) {
      return refuse('TOKEN_RESERVED', 'somebody is opening this token at this moment', token, 1)
    }
    return { ok: true, token }
  }

  #sessionsOf(hashes: readonly SecretHash[]): string[] {
    const opened = new Set<SecretHash | null>(hashes)
    const sessions = [...this.#db.data.sessions.values()]
    return sessions.filter(({ tokenHash }) => tokenHash !== null && opened.has(tokenHash)).map(({ id }) => id)
  }

  #known(hashes: readonly SecretHash[]): Token[] {
    return [...new Set(hashes)].flatMap((hash) => this.#db.data.token(hash) ?? [])
  }

  /** Looks through the disk in several turns; again, where a compaction ended meanwhile. */
  async #refuseStored(tokens: readonly Token[]): Promise<void> {
    const { data } = this.#db
    const slice = new TimeSlice()
    for (let searched: unknown; searched !== data.snapshot; ) {
      searched = data.snapshot
      for (const token of tokens) {
        if (data.token(token.hash) || data.tokenByOwnId(token.id)) throw storedAlready(token)
        if (slice.isOver()) await slice.next()
      }
    }
  }

  /** Those in memory, among them all that came while the disk was searched. */
  #refuseChanged(tokens: readonly Token[]): void {
    const known = tokens.find((token) => this.#db.data.hasChanged(token))
    if (known) throw storedAlready(known)
  }
}

function storedAlready({ id }: Token): AmsctlError {
  return new AmsctlError('INTERNAL', `token ${id} is stored already`)
}
