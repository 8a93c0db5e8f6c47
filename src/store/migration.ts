import { AmsctlError } from '../domain/errors.ts'
import type { Token } from '../domain/token.ts'
import type { KnownToken, Store } from '../services/ports.ts'

const AT_ONCE = 1000

export interface Migrated {
  readonly tokens: number
  readonly settings: number
  readonly apiKeys: number
  readonly users: number
}

/**
 * Moves all but sessions from one store to an empty one. A token must not be good in two places: those that have arrived
 * leave the store that they come from, after the last of them is durable in the other one. Those that somebody used or
 * revoked meanwhile stay.
 * @throws BAD_VALUE where the other one is not empty; nothing was changed. STORE_FAILED where some have stayed
 */
export async function migrate(from: Store, to: Store): Promise<Migrated> {
  await refuseFull(to)
  const { current } = from.configuration
  await to.configuration.write(current)
  const moved: KnownToken[] = []
  for await (const tokens of batches(from)) {
    await to.tokens.add(tokens)
    moved.push(...tokens.map(({ hash, used, revokedAt }) => ({ hash, used, revokedAt })))
  }
  await endSessions(from)
  let left = 0
  for (let start = 0; start < moved.length; start += AT_ONCE) {
    const batch = moved.slice(start, start + AT_ONCE)
    const taken = await from.tokens.take(batch)
    left += await to.tokens.drop(batch.flatMap(({ hash }) => (taken.has(hash) ? [] : [hash])))
  }
  if (left > 0) {
    const message = `tokens that somebody used, revoked or forgot while they were moved stay where they were: ${left}`
    throw new AmsctlError('STORE_FAILED', message)
  }
  return {
    tokens: moved.length,
    settings: Object.keys(current.settings).length,
    apiKeys: current.apiKeys.length,
    users: current.users?.length ?? 0,
  }
}

async function refuseFull({ tokens, configuration: { current } }: Store): Promise<void> {
  const isSet = Object.keys(current.settings).length > 0 || current.apiKeys.length > 0 || current.users !== undefined
  for await (const _token of tokens.all()) throw notEmpty()
  if (isSet) throw notEmpty()
}

function notEmpty(): AmsctlError {
  return new AmsctlError('BAD_VALUE', 'the store to migrate to is not empty; name one that is')
}

async function* batches({ tokens }: Store): AsyncIterable<Token[]> {
  let batch: Token[] = []
  for await (const token of tokens.all()) {
    batch.push(token)
    if (batch.length < AT_ONCE) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Nobody can go on with them, and they would hold their tokens. */
async function endSessions({ sessions, shared }: Store): Promise<void> {
  for (const { id } of await sessions.all()) sessions.remove(id)
  for (const { session } of (await shared?.sessions.everywhere()) ?? []) sessions.remove(session.id)
}
