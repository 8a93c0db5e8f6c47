import { judgeSpendable, type Refusal, refuse } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { SecretHash } from '../../domain/secret.ts'
import type { Session } from '../../domain/session.ts'
import { endedAt, type Token, type TokenUse } from '../../domain/token.ts'
import type { Milliseconds, UnixSeconds } from '../../domain/units.ts'
import type { KnownToken, Reserved, TokenHint, TokenStore } from '../../services/ports.ts'
import type { RedisContext } from './context.ts'
import { slotOf, TOMBSTONE_KEPT, tombstoneOf } from './keys.ts'
import { decodeToken, encodeToken, goneAt } from './record.ts'
import type { RedisSessionStore } from './session-store.ts'
import { inSlices } from './slices.ts'
import type { TokenIndex } from './token-index.ts'
import { Undoing } from './undoing.ts'

type Verdict = readonly [verdict: 'ok' | 'ended' | 'held' | 'unknown', now: UnixSeconds, record: readonly string[]]
type Revoked = readonly [
  outcome: 'changed' | 'same' | 'unknown',
  record: readonly string[],
  sessions: readonly string[],
]

/** Tokens that several machines share: what decides between them runs in the server, in the slot of the one token. */
export class RedisTokenStore implements TokenStore {
  readonly #context: RedisContext
  readonly #index: TokenIndex
  readonly #sessions: RedisSessionStore
  readonly #undoing: Undoing
  /** The holders of this process by token, to be let go of as it closes. */
  readonly #held = new Map<string, SecretHash>()

  constructor(context: RedisContext, index: TokenIndex, sessions: RedisSessionStore) {
    this.#context = context
    this.#index = index
    this.#sessions = sessions
    this.#undoing = new Undoing(context)
  }

  findByHash(hash: SecretHash): Promise<Token | undefined> {
    return this.#index.fetch(hash)
  }

  findById(id: string): Promise<Token | undefined> {
    return this.#index.withId(id)
  }

  all(hint: TokenHint = {}): AsyncIterable<Token> {
    return this.#index.all(hint)
  }

  /** None unless all can be. Of a process that dies in between some may stay, whose secrets nobody was told. */
  async mint(tokens: readonly Token[]): Promise<void> {
    const added: SecretHash[] = []
    try {
      await inSlices(tokens, async (token) => {
        await this.#addOne(token)
        added.push(token.hash)
      })
    } catch (error) {
      await this.drop(added).catch(() => undefined)
      throw error
    }
  }

  async add(tokens: readonly Token[]): Promise<void> {
    const stored = await inSlices(tokens, ({ hash }) => this.#index.has(hash))
    const first = tokens[stored.indexOf(true)]
    if (first) throw storedAlready(first)
    await this.mint(tokens)
  }

  async reserve(hash: SecretHash, holder: string, ttl: Milliseconds): Promise<Reserved | Refusal> {
    const { times, client } = this.#context
    const answer = await client.run('amsctlReserve', slotOf(hash), [...times(), holder, ttl]).catch((error) => {
      this.#undoing.undo(hash, holder, '')
      throw error
    })
    this.#held.set(holder, hash)
    return judged(hash, answer as Verdict)
  }

  async release(hash: SecretHash, holder: string): Promise<void> {
    this.#held.delete(holder)
    // The server lets go of it in time, if it cannot be told.
    await this.#context.client.run('amsctlRelease', slotOf(hash), [holder]).catch(() => undefined)
  }

  async spend(hash: SecretHash, holder: string, use: TokenUse, session: Session | null): Promise<Reserved | Refusal> {
    const { times, client, retention } = this.#context
    const { id, stored } = session ? this.#sessions.toBeStored(session) : { id: '', stored: '' }
    const args = [...times(), holder, JSON.stringify(use), id, stored, retention()]
    this.#held.delete(holder)
    // The index is written before, lest nobody find the session, and again, lest somebody have tidied it up in between.
    const writing = session ? this.#sessions.index(session) : []
    const spending = client.run('amsctlSpend', slotOf(hash), args)
    if (session) writing.push(...this.#sessions.index(session))
    const [spent] = await Promise.allSettled([spending, ...writing])
    if (spent.status === 'fulfilled') return judged(hash, spent.value as Verdict)
    this.#undoing.undo(hash, holder, id)
    throw spent.reason
  }

  async revoke(hashes: readonly SecretHash[], at: UnixSeconds): Promise<readonly Token[]> {
    const revoked = await inSlices([...new Set(hashes)], (hash) => this.#revokeOne(hash, at))
    return revoked.filter((token) => token !== undefined)
  }

  async drop(hashes: readonly SecretHash[]): Promise<number> {
    const dropped = await inSlices([...new Set(hashes)], (hash) => this.#dropOne(hash))
    return dropped.filter((isDropped) => isDropped).length
  }

  async take(known: readonly KnownToken[]): Promise<ReadonlySet<SecretHash>> {
    const taken = await inSlices(known, async ({ hash, used, revokedAt }) =>
      (await this.#dropOne(hash, used, revokedAt ?? '')) ? [hash] : [],
    )
    return new Set(taken.flat())
  }

  async close(): Promise<void> {
    await Promise.all([this.#undoing.close(), ...[...this.#held].map(([holder, hash]) => this.release(hash, holder))])
  }

  async #addOne(token: Token): Promise<void> {
    const { client, now, retention } = this.#context
    const expireAt = goneAt(token, endedAt(token, now()), retention())
    const [added] = await Promise.all([
      // As with a session: before, and after.
      this.#index.add(token).then(() => undefined),
      client.run('amsctlAdd', slotOf(token.hash), [expireAt ?? '', ...encodeToken(token)]),
      this.#index.add(token),
    ]).then(([, outcome]) => [outcome])
    if (added !== 1) throw storedAlready(token)
  }

  async #dropOne(hash: SecretHash, ...known: readonly (string | number)[]): Promise<boolean> {
    const facts = (await this.#context.client.run('amsctlDrop', slotOf(hash), known)) as string | null
    if (facts === null) return false
    await this.#index.remove({ ...(JSON.parse(facts) as Token), hash })
    return true
  }

  async #revokeOne(hash: SecretHash, at: UnixSeconds): Promise<Token | undefined> {
    const { client, times, retention, events, node } = this.#context
    const message = JSON.stringify({ kind: 'revoked', hash, node })
    const args = [at, retention(), events, message, TOMBSTONE_KEPT, times()[0]]
    const answer = await client.run('amsctlRevoke', [...slotOf(hash), tombstoneOf(hash, '*')], args)
    const [outcome, record, sessions] = answer as Revoked
    this.#sessions.forget(hash, sessions)
    return outcome === 'changed' ? decodeToken(hash, record) : undefined
  }
}

function judged(hash: SecretHash, [verdict, now, record]: Verdict): Reserved | Refusal {
  const token = verdict === 'unknown' ? undefined : decodeToken(hash, record)
  if (!token) return refuse('TOKEN_UNKNOWN', 'unknown token')
  if (verdict === 'ok') return { ok: true, token }
  const held = refuse('TOKEN_RESERVED', 'somebody is opening this token at this moment', token, 1)
  return (verdict === 'ended' && judgeSpendable(token, now)) || held
}

function storedAlready({ id }: Token): AmsctlError {
  return new AmsctlError('INTERNAL', `token ${id} is stored already`)
}
