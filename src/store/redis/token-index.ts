import { hashPrefixOf, type SecretHash, tokenIdOf } from '../../domain/secret.ts'
import type { Token } from '../../domain/token.ts'
import type { TokenHint } from '../../services/ports.ts'
import type { RedisContext } from './context.ts'
import { FOREIGN_IDS, slotOf, TOKENS, tokensOfStream } from './keys.ts'
import { decodeToken } from './record.ts'

const AT_ONCE = 500
/** Follows every digit of a hash in the order of bytes. */
const AFTER_DIGITS = 'g'

/** Finds tokens by something else than their hash. Keys of its own lead there, and may lead to tokens that are gone. */
export class TokenIndex {
  readonly #context: RedisContext

  constructor(context: RedisContext) {
    this.#context = context
  }

  async fetch(hash: SecretHash): Promise<Token | undefined> {
    const flat = await this.#context.client.ask((redis) => redis.call('HGETALL', slotOf(hash)[0]))
    return decodeToken(hash, flat as string[])
  }

  async has(hash: SecretHash): Promise<boolean> {
    return (await this.#context.client.ask((redis) => redis.exists(slotOf(hash)[0]))) === 1
  }

  async add(token: Token): Promise<void> {
    await this.#context.client.ask((redis) =>
      Promise.all(entriesFor(token).map(([key, member]) => redis.zadd(key, 0, member))),
    )
  }

  async remove(token: Token): Promise<void> {
    await this.#context.client.ask((redis) =>
      Promise.all(entriesFor(token).map(([key, member]) => redis.zrem(key, member))),
    )
  }

  async withId(id: string): Promise<Token | undefined> {
    const foreign = await this.#range(FOREIGN_IDS, `[${id}:`, `(${id};`)
    const prefix = hashPrefixOf(id)
    // An id leaves some bits of the hash open, those of its last digits.
    const own = prefix === undefined ? [] : await this.#range(TOKENS, `[${prefix}`, `(${AFTER_DIGITS}`, 1)
    for (const hash of [...foreign.map((member) => member.slice(id.length + 1)), ...own]) {
      const token = await this.#follow(TOKENS, hash)
      if (token?.id === id) return token
    }
    return undefined
  }

  /** In the order of their hashes, some hundred at a time. */
  async *all({ streamId, app, createdUpTo, hashAfter, hashUpTo }: TokenHint): AsyncIterable<Token> {
    const key = streamId === undefined ? TOKENS : tokensOfStream(streamId)
    let start = hashAfter === undefined ? '-' : `(${hashAfter}`
    for (;;) {
      const last = hashUpTo?.()
      const hashes = await this.#range(key, start, last === undefined ? '+' : `[${last}`)
      const tokens = await Promise.all(hashes.map((hash) => this.#follow(key, hash)))
      for (const token of tokens) {
        if (!token || (app !== undefined && token.app !== app)) continue
        if (createdUpTo === undefined || token.createdAt <= createdUpTo()) yield token
      }
      if (hashes.length < AT_ONCE) return
      start = `(${hashes.at(-1)}`
    }
  }

  #range(key: string, start: string, end: string, most = AT_ONCE): Promise<string[]> {
    return this.#context.client.ask((redis) => redis.zrangebylex(key, start, end, 'LIMIT', 0, most))
  }

  /** What the server forgot in time goes from the index when somebody comes across it. */
  async #follow(key: string, hash: SecretHash): Promise<Token | undefined> {
    const token = await this.fetch(hash)
    if (token) return token
    const { client } = this.#context
    const keys = key === TOKENS ? [TOKENS] : [key, TOKENS]
    await client.ask((redis) => Promise.all(keys.map((known) => redis.zrem(known, hash))))
    // Somebody may be adding it at this moment.
    if (await this.has(hash)) await client.ask((redis) => Promise.all(keys.map((known) => redis.zadd(known, 0, hash))))
    return undefined
  }
}

function entriesFor({ id, hash, streamId }: Token): [key: string, member: string][] {
  const entries: [string, string][] = [
    [TOKENS, hash],
    [tokensOfStream(streamId), hash],
  ]
  return id === tokenIdOf(hash) ? entries : [...entries, [FOREIGN_IDS, `${id}:${hash}`]]
}
