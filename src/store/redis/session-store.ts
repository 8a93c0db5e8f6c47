import type { SecretHash } from '../../domain/secret.ts'
import type { EndReason, Session } from '../../domain/session.ts'
import type { NodeEvent, SharedSessions, StoredSession } from '../../services/nodes.ts'
import type { SessionStore } from '../../services/ports.ts'
import type { RedisContext } from './context.ts'
import { SESSIONS, sessionWithSecret, slotOf, TOMBSTONE_KEPT, tombstoneOf } from './keys.ts'
import { decodeSession, encodeSession } from './record.ts'
import { inSlices } from './slices.ts'

/** For how long a secret leads to its session after that was last stored: longer than any sensible idle limit. */
const SECRET_KEPT = 30 * 86_400

/** Sessions that several machines share, each in the slot of the token that opened it. */
export class RedisSessionStore implements SessionStore, SharedSessions {
  readonly #context: RedisContext
  /** Whose tokens opened the sessions that this process has come across. */
  readonly #tokenOf = new Map<string, { readonly hash: SecretHash; readonly secretHash: SecretHash | null }>()
  /** What could not be told the server yet, by session. */
  readonly #late = new Map<string, () => Promise<unknown>>()
  /** Sessions that are taken from another node as soon as the server can be told. */
  readonly #taking = new Set<string>()
  /** Until it is asked for: how many sessions of other nodes ended with their token. */
  readonly #endedElsewhere = new Map<SecretHash, number>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(context: RedisContext) {
    this.#context = context
    context.client.onReady(() => void this.catchUp())
  }

  /** Tries again what could not be told the server. */
  async catchUp(): Promise<void> {
    await inSlices([...this.#late], async ([id, change]) => {
      if (this.#late.get(id) === change) await this.#soon(id, change)
    })
  }

  /** Those of this node: an earlier process left them. */
  async all(): Promise<readonly Session[]> {
    const { node } = this.#context
    if (node === null) return []
    const stored = await this.everywhere()
    return stored.filter((found) => found.node === node).map(({ session }) => session)
  }

  put(session: Session, takesOver = false): void {
    const { client, events, node } = this.#context
    const { id, tokenHash, lostAt } = session
    if (tokenHash === null) return
    if (takesOver) this.#taking.add(id)
    const moved = JSON.stringify({ kind: 'moved', id, node } satisfies NodeEvent)
    const ended = JSON.stringify({ kind: 'ended', id, node: null } satisfies NodeEvent)
    const flags = [this.#taking.has(id) ? 1 : '', lostAt === null ? 1 : '']
    const args = [id, this.toBeStored(session).stored, events, moved, ...flags, ended]
    this.#soon(id, async () => {
      const writing = client.run('amsctlPutSession', slotOf(tokenHash), args)
      if ((await writing) === 1) await Promise.all(this.index(session))
      this.#taking.delete(id)
    })
  }

  remove(id: string, reason?: EndReason): void {
    const known = this.#tokenOf.get(id)
    if (!known) return
    const { client, times, retention, events, node } = this.#context
    const message = JSON.stringify({ kind: 'ended', id, node })
    // Who kicks a session ends it wherever it is.
    const [owner, kept] = reason === 'kicked' ? ['', TOMBSTONE_KEPT] : [node ?? '', '']
    this.#tokenOf.delete(id)
    this.#taking.delete(id)
    this.#soon(id, async () => {
      const args = [id, times()[0], retention(), events, message, owner, kept]
      const keys = [...slotOf(known.hash), tombstoneOf(known.hash, id)]
      const removed = await client.run('amsctlRemoveSession', keys, args)
      if (removed === 1) await Promise.all(this.#unindex(id, known.secretHash))
    })
  }

  /** Every session of every node. */
  async everywhere(): Promise<StoredSession[]> {
    const known = [...this.#tokenOf.keys()]
    const index = await this.#context.client.ask((redis) => redis.hgetall(SESSIONS))
    // Whatever was known before it was asked for has been put into the index, and has gone from it since.
    for (const id of known) if (index[id] === undefined && !this.#late.has(id)) this.#tokenOf.delete(id)
    const found = await inSlices(Object.entries(index), ([id, hash]) => this.#follow(id, hash))
    return found.filter((stored) => stored !== undefined)
  }

  async withId(id: string): Promise<StoredSession | undefined> {
    const hash = await this.#context.client.ask((redis) => redis.hget(SESSIONS, id))
    return hash === null ? undefined : this.#follow(id, hash)
  }

  async withSecret(secretHash: SecretHash): Promise<StoredSession | undefined> {
    const where = await this.#context.client.ask((redis) => redis.get(sessionWithSecret(secretHash)))
    const [hash, id] = where?.split(':') ?? []
    const stored = hash && id ? await this.#follow(id, hash) : undefined
    return stored?.session.secretHash === secretHash ? stored : undefined
  }

  async ofToken(hash: SecretHash): Promise<StoredSession[]> {
    const texts = await this.#context.client.ask((redis) => redis.hvals(slotOf(hash)[2]))
    return texts.map((text) => this.#know(decodeSession(text)))
  }

  async endOf({ id, tokenHash }: Session): Promise<EndReason | undefined> {
    if (tokenHash === null) return undefined
    const tombstones = [tombstoneOf(tokenHash, id), tombstoneOf(tokenHash, '*')]
    const [kicked, revoked] = await this.#context.client.ask((redis) => redis.mget(tombstones))
    return (kicked ?? revoked ?? undefined) as EndReason | undefined
  }

  /** What a spend writes along with the use. */
  toBeStored(session: Session): { readonly id: string; readonly stored: string } {
    const stored = { node: this.#context.node ?? '', session }
    this.#know(stored)
    return { id: session.id, stored: encodeSession(stored) }
  }

  /** Makes a session known by its id and its secret, at once. */
  index({ id, tokenHash, secretHash }: Session): Promise<unknown>[] {
    if (tokenHash === null) return []
    const { client } = this.#context
    const byId = client.ask((redis) => redis.hset(SESSIONS, id, tokenHash))
    if (secretHash === null) return [byId]
    const key = sessionWithSecret(secretHash)
    return [byId, client.ask((redis) => redis.set(key, `${tokenHash}:${id}`, 'EX', SECRET_KEPT))]
  }

  /** Resolves when nothing is being written. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  takeEnded(hashes: readonly SecretHash[]): number {
    let count = 0
    for (const hash of hashes) {
      count += this.#endedElsewhere.get(hash) ?? 0
      this.#endedElsewhere.delete(hash)
    }
    return count
  }

  /** Tidies up after sessions that ended with their token. */
  forget(tokenHash: SecretHash, texts: readonly string[]): void {
    const stored = texts.map(decodeSession)
    const usable = stored.filter(({ node, session }) => node !== this.#context.node && isUsable(session))
    if (usable.length > 0) this.#endedElsewhere.set(tokenHash, usable.length)
    for (const { session } of stored) {
      const { id, secretHash } = session
      this.#tokenOf.delete(id)
      this.#taking.delete(id)
      void Promise.allSettled(this.#unindex(id, secretHash))
    }
  }

  async #follow(id: string, hash: SecretHash): Promise<StoredSession | undefined> {
    const { client } = this.#context
    const fetch = () => client.ask((redis) => redis.hget(slotOf(hash)[2], id))
    const text = await fetch()
    if (text !== null) return this.#know(decodeSession(text))
    await client.ask((redis) => redis.hdel(SESSIONS, id))
    // A spend may be storing it at this moment.
    if ((await fetch()) !== null) await client.ask((redis) => redis.hset(SESSIONS, id, hash))
    return undefined
  }

  #unindex(id: string, secretHash: SecretHash | null): Promise<unknown>[] {
    const { client } = this.#context
    const byId = client.ask((redis) => redis.hdel(SESSIONS, id))
    return secretHash === null ? [byId] : [byId, client.ask((redis) => redis.del(sessionWithSecret(secretHash)))]
  }

  #know(stored: StoredSession): StoredSession {
    const { id, tokenHash, secretHash } = stored.session
    const { node } = this.#context
    // What is another node's to end need not be remembered here.
    const isOurs = node === null || node === stored.node
    if (tokenHash !== null && isOurs) this.#tokenOf.set(id, { hash: tokenHash, secretHash })
    return stored
  }

  /** Of several changes that have to wait the last one counts. */
  #soon(id: string, change: () => Promise<unknown>): Promise<void> {
    this.#late.set(id, change)
    const done = change()
      .then(() => {
        if (this.#late.get(id) === change) this.#late.delete(id)
      })
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
    return done
  }
}

/** A connection that broke and was not resumed is no session that anybody has. */
function isUsable({ secretHash, lostAt }: Session): boolean {
  return secretHash !== null || lostAt === null
}
