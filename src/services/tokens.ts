import { parseCidr } from '../domain/address.ts'
import { AmsctlError } from '../domain/errors.ts'
import { parseNote } from '../domain/note.ts'
import { hashSecret, isSecretShaped, maskReference, type SecretHash, TOKEN_ID, tokenIdOf } from '../domain/secret.ts'
import { opensStream, parseApp, parseStreamPattern, printable } from '../domain/stream-id.ts'
import { endedAt, isForgettable, type Token, type TokenView, viewToken } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import { newTokenSecret } from './identifiers.ts'
import type { MintOrder, TokenFilter, TokenSelection } from './operations.ts'
import type { Clock, TokenStore } from './ports.ts'
import type { Settings } from './settings.ts'
import { BATCH, First, hintFor, inBatches, ORDERS, passes, placeOf } from './token-selection.ts'
import { type ExportOrder, exportTokens, type ImportOrder, importTokens } from './token-transfer.ts'

const never = Number.POSITIVE_INFINITY
const MOST_AT_ONCE = 10_000
const MOST_USES = 1_000_000

export interface Revocation {
  readonly revoked: readonly Token[]
  readonly already: readonly Token[]
  readonly missing: readonly string[]
  readonly globs: readonly Token[]
}

interface Selected {
  readonly chosen: readonly Token[]
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
    await this.#store.mint(minted.map(({ token }) => token))
    return minted.map(({ secret, token }) => viewToken(token, now, secret))
  }

  /** Holds about twice as many tokens in memory as were asked for, at most. */
  async list(filter: TokenFilter): Promise<TokenView[]> {
    const now = this.#clock.now()
    const { sort = 'created', offset = 0, limit = never } = filter
    const order = ORDERS[sort]
    const after = filter.after && placeOf(filter.after)
    const first = new First(order, offset + limit)
    const hint = hintFor(filter, now, () => first.last?.createdAt ?? never)
    for await (const token of this.#store.all(hint)) {
      if (passes(token, filter, now) && (!after || order(token, after) > 0)) first.offer(token)
    }
    return first
      .sorted()
      .slice(offset)
      .map((token) => viewToken(token, now))
  }

  async inspect(): Promise<{ readonly tokens: number }> {
    let tokens = 0
    for await (const _ of this.#store.all()) tokens++
    return { tokens }
  }

  export(order: ExportOrder): Promise<readonly Token[]> {
    return exportTokens(this.#store, order)
  }

  import(order: ImportOrder): Promise<readonly Token[]> {
    return importTokens(this.#store, order)
  }

  async show(ref: string): Promise<TokenView> {
    const token = await this.#find(ref)
    if (!token) throw new AmsctlError('TOKEN_NOT_FOUND', `no token "${maskReference(ref)}"; see amsctl token list`)
    return viewToken(token, this.#clock.now())
  }

  /** Revokes a few hundred at a time, and tells of them when that is durable. */
  async *revoke(selection: TokenSelection): AsyncGenerator<Revocation> {
    for await (const { chosen, missing, globs } of this.#select(selection)) {
      const revoked = await this.#store.revoke(
        chosen.map(({ hash }) => hash),
        this.#clock.now(),
      )
      const fresh = new Set(revoked.map(({ hash }) => hash))
      yield { revoked, already: chosen.filter(({ hash }) => !fresh.has(hash)), missing, globs }
    }
  }

  /** Forgets tokens that ended at least `older` ago. */
  prune(older: Seconds): Promise<number> {
    const now = this.#clock.now()
    return this.#drop(now, (token) => {
      const at = endedAt(token, now)
      return at !== null && now - at >= older
    })
  }

  /** Forgets ended tokens that have been kept for the setting `retention`. */
  forgetEnded(): Promise<number> {
    const now = this.#clock.now()
    return this.#drop(now, (token) => isForgettable(token, this.#settings.values.retention, now))
  }

  async #drop(now: UnixSeconds, isOver: (token: Token) => boolean): Promise<number> {
    let dropped = 0
    for await (const tokens of inBatches(this.#store.all({ endedBy: now }), isOver)) {
      dropped += await this.#store.drop(tokens.map(({ hash }) => hash))
    }
    return dropped
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

  async *#select(selection: TokenSelection): AsyncGenerator<Selected> {
    const { refs, stream } = selection
    if (refs) {
      for (let from = 0; from < refs.length; from += BATCH) yield this.#selectRefs(refs.slice(from, from + BATCH))
      return
    }
    if (!stream && !selection.all) throw new AmsctlError('BAD_VALUE', 'name tokens, a stream, or all')
    const { app } = stream ?? {}
    const globs: Token[] = []
    const isChosen = (token: Token) => {
      if (app !== undefined && token.app !== app) return false
      if (!stream || token.streamId === stream.streamId) return true
      const opens = endedAt(token, this.#clock.now()) === null && opensStream(token.streamId, stream.streamId)
      if (opens) globs.push(token)
      return false
    }
    const all = this.#store.all(app === undefined ? {} : { app })
    for await (const chosen of inBatches(all, isChosen)) yield { chosen, missing: [], globs: [] }
    yield { chosen: [], missing: [], globs }
  }

  async #selectRefs(refs: readonly string[]): Promise<Selected> {
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
