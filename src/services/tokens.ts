import { parseCidr } from '../domain/address.ts'
import { AmsctlError } from '../domain/errors.ts'
import { parseNote } from '../domain/note.ts'
import { hashSecret, isSecretShaped, maskReference, type SecretHash, TOKEN_ID, tokenIdOf } from '../domain/secret.ts'
import { opensStream, parseApp, parseStreamPattern, printable } from '../domain/stream-id.ts'
import { endedAt, isForgettable, type Token, type TokenView, tokenState, viewToken } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import { newTokenSecret } from './identifiers.ts'
import type { MintOrder, TokenFilter, TokenSelection } from './operations.ts'
import type { Clock, TokenStore } from './ports.ts'
import type { Settings } from './settings.ts'

const MOST_AT_ONCE = 10_000
const MOST_USES = 1_000_000

export interface Revocation {
  readonly revoked: readonly Token[]
  readonly already: readonly Token[]
  readonly missing: readonly string[]
  readonly globs: readonly Token[]
}

/** Minting, finding and revoking tokens. Who may use one is the gate's business. */
export class Tokens {
  readonly #store: TokenStore
  readonly #settings: Settings
  readonly #clock: Clock

  constructor(store: TokenStore, settings: Settings, clock: Clock) {
    this.#store = store
    this.#settings = settings
    this.#clock = clock
  }

  async create(order: MintOrder): Promise<TokenView[]> {
    const now = this.#clock.now()
    const template = this.#template(order)
    const count = wholeNumber('count', order.count ?? 1, MOST_AT_ONCE)
    const minted = Array.from({ length: count }, () => {
      const secret = newTokenSecret()
      const hash = hashSecret(secret)
      return { secret, token: { ...template, id: tokenIdOf(hash), hash } }
    })
    await this.#store.add(minted.map(({ token }) => token))
    return minted.map(({ secret, token }) => viewToken(token, now, secret))
  }

  async list(filter: TokenFilter): Promise<TokenView[]> {
    const now = this.#clock.now()
    const found: Token[] = []
    for await (const token of this.#store.all()) if (this.#passes(token, filter)) found.push(token)
    found.sort(ORDERS[filter.sort ?? 'created'])
    const offset = filter.offset ?? 0
    return found.slice(offset, offset + (filter.limit ?? found.length)).map((token) => viewToken(token, now))
  }

  async show(ref: string): Promise<TokenView> {
    const token = await this.#find(ref)
    if (!token) throw new AmsctlError('TOKEN_NOT_FOUND', `no token "${maskReference(ref)}"; see amsctl token list`)
    return viewToken(token, this.#clock.now())
  }

  async revoke(selection: TokenSelection): Promise<Revocation> {
    const { chosen, missing, globs } = await this.#select(selection)
    const revoked = await this.#store.revoke(
      chosen.map(({ hash }) => hash),
      this.#clock.now(),
    )
    const fresh = new Set(revoked.map(({ hash }) => hash))
    return { revoked, already: chosen.filter(({ hash }) => !fresh.has(hash)), missing, globs }
  }

  /** Forgets tokens that ended at least `older` ago. */
  prune(older: Seconds): Promise<number> {
    const now = this.#clock.now()
    return this.#drop((token) => {
      const at = endedAt(token, now)
      return at !== null && now - at >= older
    })
  }

  /** Forgets ended tokens that have been kept for the setting `retention`. */
  forgetEnded(): Promise<number> {
    const now = this.#clock.now()
    return this.#drop((token) => isForgettable(token, this.#settings.values.retention, now))
  }

  async #drop(isOver: (token: Token) => boolean): Promise<number> {
    const over: SecretHash[] = []
    for await (const token of this.#store.all()) if (isOver(token)) over.push(token.hash)
    return over.length === 0 ? 0 : this.#store.drop(over)
  }

  #template(order: MintOrder): Omit<Token, 'id' | 'hash'> {
    const now = this.#clock.now()
    if (order.type !== 'publish' && order.type !== 'play') {
      throw new AmsctlError('BAD_VALUE', `type must be publish or play, not "${printable(String(order.type))}"`)
    }
    const standard = now + this.#settings.values['default-expire']
    const expireDate = readMoment('expireDate', order.expireDate === undefined ? standard : order.expireDate)
    const notBefore = readMoment('not-before', order.notBefore ?? null)
    if (notBefore !== null && expireDate !== null && notBefore >= expireDate) {
      throw new AmsctlError('BAD_VALUE', 'not-before must come before the token expires')
    }
    return {
      app: parseApp(order.app),
      streamId: parseStreamPattern(order.streamId),
      type: order.type,
      expireDate,
      notBefore,
      uses: order.uses === undefined ? 1 : order.uses === null ? null : wholeNumber('uses', order.uses, MOST_USES),
      used: 0,
      ip: order.ip ? parseCidr(order.ip) : null,
      maxSession: readMaxSession(order.maxSession ?? null),
      note: parseNote(order.note ?? null),
      createdAt: now,
      revokedAt: null,
      firstUse: null,
      lastUses: [],
    }
  }

  #passes(token: Token, filter: TokenFilter): boolean {
    const now = this.#clock.now()
    if (filter.streamId !== undefined && token.streamId !== filter.streamId) return false
    if (filter.app !== undefined && token.app !== filter.app) return false
    if (filter.type !== undefined && token.type !== filter.type) return false
    if (filter.state !== undefined && tokenState(token, now) !== filter.state) return false
    if (filter.expiresWithin === undefined) return true
    return token.expireDate !== null && token.expireDate > now && token.expireDate - now <= filter.expiresWithin
  }

  async #select(selection: TokenSelection): Promise<{ chosen: Token[]; missing: string[]; globs: Token[] }> {
    if (selection.refs) return this.#selectRefs(selection.refs)
    const { stream } = selection
    if (!stream && !selection.all) throw new AmsctlError('BAD_VALUE', 'name tokens, a stream, or all')
    const chosen: Token[] = []
    const globs: Token[] = []
    for await (const token of this.#store.all()) {
      if (stream?.app !== undefined && token.app !== stream.app) continue
      if (!stream || token.streamId === stream.streamId) chosen.push(token)
      else if (endedAt(token, this.#clock.now()) === null && opensStream(token.streamId, stream.streamId))
        globs.push(token)
    }
    return { chosen, missing: [], globs }
  }

  async #selectRefs(refs: readonly string[]): Promise<{ chosen: Token[]; missing: string[]; globs: Token[] }> {
    const chosen = new Map<SecretHash, Token>()
    const missing: string[] = []
    for (const ref of refs) {
      const token = await this.#find(ref)
      if (token) chosen.set(token.hash, token)
      else missing.push(maskReference(ref))
    }
    return { chosen: [...chosen.values()], missing, globs: [] }
  }

  async #find(ref: string): Promise<Token | undefined> {
    if (TOKEN_ID.test(ref)) return this.#store.findById(ref)
    return isSecretShaped(ref) ? this.#store.findByHash(hashSecret(ref)) : undefined
  }
}

const never = Number.POSITIVE_INFINITY

const ORDERS: Record<NonNullable<TokenFilter['sort']>, (a: Token, b: Token) => number> = {
  created: (a, b) => a.createdAt - b.createdAt || compare(a.id, b.id),
  expires: (a, b) => compare(a.expireDate ?? never, b.expireDate ?? never) || compare(a.id, b.id),
  stream: (a, b) => compare(a.app, b.app) || compare(a.streamId, b.streamId) || a.createdAt - b.createdAt,
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function wholeNumber(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new AmsctlError('BAD_VALUE', `${name} must be a whole number from 1 to ${most}`)
}

function readMoment(name: string, at: UnixSeconds | null): UnixSeconds | null {
  if (at === null || Number.isSafeInteger(at)) return at
  throw new AmsctlError('BAD_VALUE', `${name} must be in whole unix seconds`)
}

function readMaxSession(span: Seconds | null): Seconds | null {
  if (span === null || (Number.isInteger(span) && span >= 1)) return span
  throw new AmsctlError('BAD_VALUE', 'max-session must be at least 1s; leave it out for no limit')
}
