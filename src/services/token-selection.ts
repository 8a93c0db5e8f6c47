import { type Token, type TokenState, tokenState } from '../domain/token.ts'
import type { UnixSeconds } from '../domain/units.ts'
import type { TokenFilter, TokenPlace } from './operations.ts'
import type { TokenHint } from './ports.ts'

const never = Number.POSITIVE_INFINITY
/** So many tokens are changed by one commit of work on a great many. */
export const BATCH = 500

const ENDED: readonly TokenState[] = ['used', 'expired', 'revoked']

type Place = Pick<Token, 'id' | 'app' | 'streamId' | 'expireDate' | 'createdAt'>
type Order = (a: Place, b: Place) => number

export const ORDERS: Record<NonNullable<TokenFilter['sort']>, Order> = {
  created: (a, b) => a.createdAt - b.createdAt || compare(a.id, b.id),
  newest: (a, b) => b.createdAt - a.createdAt || compare(b.id, a.id),
  expires: (a, b) => compare(a.expireDate ?? never, b.expireDate ?? never) || compare(a.id, b.id),
  stream: (a, b) =>
    compare(a.app, b.app) || compare(a.streamId, b.streamId) || a.createdAt - b.createdAt || compare(a.id, b.id),
}

export function byHash(a: Token, b: Token): number {
  return compare(a.hash, b.hash)
}

export function passes(token: Token, filter: TokenFilter, now: UnixSeconds): boolean {
  if (filter.streamId !== undefined && token.streamId !== filter.streamId) return false
  if (filter.app !== undefined && token.app !== filter.app) return false
  if (filter.type !== undefined && token.type !== filter.type) return false
  if (filter.state !== undefined && ![filter.state].flat().includes(tokenState(token, now))) return false
  if (filter.text !== undefined && !mentions(token, filter.text)) return false
  if (filter.expiresWithin === undefined) return true
  return token.expireDate !== null && token.expireDate > now && token.expireDate - now <= filter.expiresWithin
}

function mentions({ id, app, streamId, note, ip }: Token, text: string): boolean {
  const wanted = text.toLowerCase()
  return [id, app, streamId, note, ip].some((field) => field?.toLowerCase().includes(wanted))
}

export function placeOf(place: TokenPlace): Place {
  return { ...place, createdAt: Math.floor(Date.parse(place.createdAt) / 1000) }
}

/** Which tokens the store may pass over, of those that do not fit `filter` or were made after `createdUpTo`. */
export function hintFor(filter: TokenFilter, now: UnixSeconds, createdUpTo: () => UnixSeconds): TokenHint {
  const { app, streamId, state, after, sort = 'created' } = filter
  return {
    ...(app !== undefined && { app }),
    ...(streamId !== undefined && { streamId }),
    ...(state !== undefined && [state].flat().every((one) => ENDED.includes(one)) && { endedBy: now }),
    ...(sort === 'created' && { createdUpTo }),
    ...(sort === 'created' && after && { createdFrom: placeOf(after).createdAt }),
  }
}

/** The first so many tokens in an order, of any number that are offered; at most twice as many are held. */
export class First {
  readonly #order: (a: Token, b: Token) => number
  readonly #count: number
  #held: Token[] = []
  /** What comes after this one has no place; undefined while there is room. */
  last: Token | undefined

  constructor(order: (a: Token, b: Token) => number, count: number) {
    this.#order = order
    this.#count = count
  }

  offer(token: Token): void {
    if (this.last && this.#order(token, this.last) >= 0) return
    this.#held.push(token)
    if (this.#held.length >= 2 * this.#count) this.last = this.sorted().at(-1)
  }

  sorted(): Token[] {
    this.#held = this.#held.sort(this.#order).slice(0, this.#count)
    return this.#held
  }
}

/** Those that `isWanted`, up to {@link BATCH} at a time. */
export async function* inBatches(
  tokens: AsyncIterable<Token>,
  isWanted: (token: Token) => boolean,
): AsyncGenerator<readonly Token[]> {
  let batch: Token[] = []
  for await (const token of tokens) {
    if (!isWanted(token)) continue
    batch.push(token)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
