import type { SecretHash } from '../../domain/secret.ts'
import type { Token } from '../../domain/token.ts'
import type { TokenHint } from '../../services/ports.ts'
import type { RedisContext } from './context.ts'
import { slotOf, TOKENS, tokensOfStream } from './keys.ts'
import { decodeToken } from './record.ts'

const AT_ONCE = 500

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
      Promise.all(keysFor(token).map((key) => redis.zadd(key, 0, memberOf(token)))),
    )
  }

  async remove(token: Token): Promise<void> {
    await this.#context.client.ask((redis) =>
      Promise.all(keysFor(token).map((key) => redis.zrem(key, memberOf(token)))),
    )
  }

  /** In the order of their ids, some hundred at a time. */
  async *all({ id, streamId, app, createdUpTo }: TokenHint): AsyncIterable<Token> {
    const key = streamId === undefined ? TOKENS : tokensOfStream(streamId)
    // ";" follows ":" in the order of bytes.
    const end = id === undefined ? '+' : `(${id};`
    let start = id === undefined ? '-' : `[${id}:`
    for (;;) {
      const from = start
      const members = await this.#context.client.ask((redis) => redis.zrangebylex(key, from, end, 'LIMIT', 0, AT_ONCE))
      const tokens = await Promise.all(members.map((member) => this.#follow(key, member)))
      for (const token of tokens) {
        const isRuledOut =
          !token || (app !== undefined && token.app !== app) || token.createdAt > (createdUpTo?.() ?? Infinity)
        if (!isRuledOut) yield token
      }
      if (members.length < AT_ONCE) return
      start = `(${members.at(-1)}`
    }
  }

  /** What the server forgot in time goes from the index when somebody comes across it. */
  async #follow(key: string, member: string): Promise<Token | undefined> {
    const hash = member.slice(member.indexOf(':') + 1)
    const token = await this.fetch(hash)
    if (token) return token
    const { client } = this.#context
    const keys = key === TOKENS ? [TOKENS] : [key, TOKENS]
    await client.ask((redis) => Promise.all(keys.map((known) => redis.zrem(known, member))))
    // Somebody may be adding it at this moment.
    if (await this.has(hash))
      await client.ask((redis) => Promise.all(keys.map((known) => redis.zadd(known, 0, member))))
    return undefined
  }
}

function keysFor({ streamId }: Token): string[] {
  return [TOKENS, tokensOfStream(streamId)]
}

function memberOf({ id, hash }: Token): string {
  return `${id}:${hash}`
}
