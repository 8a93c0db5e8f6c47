import { readSettings } from '../../domain/settings.ts'
import type { Milliseconds, Seconds, UnixSeconds } from '../../domain/units.ts'
import type { Store } from '../../services/ports.ts'
import { type Credentials, RedisClient } from './client.ts'
import { RedisConfigurationStore } from './configuration-store.ts'
import type { RedisContext } from './context.ts'
import { channelOf, UNFORGOTTEN } from './keys.ts'
import type { RedisLocation } from './location.ts'
import { nodesUp, RedisNodes } from './nodes.ts'
import { RedisSessionStore } from './session-store.ts'
import { TokenIndex } from './token-index.ts'
import { RedisTokenStore } from './token-store.ts'

export interface RedisStoreOptions extends Credentials {
  /** This machine's name among those that share the store; null: a command, which has no sessions. */
  readonly node: string | null
  /** In place of this machine's and the server's clocks. */
  readonly now?: () => UnixSeconds
  /** In place of the server's clock for reservations. */
  readonly monotonic?: () => Milliseconds
  /** How long an ended token is kept; by default the stored setting `retention`. */
  readonly retention?: Seconds
}

/**
 * Opens a store that several machines share, in a Redis or Valkey of version 6.2 or newer.
 * @throws STORE_FAILED, STORE_DAMAGED, STORE_NEWER
 */
export async function openRedisStore(location: RedisLocation, options: RedisStoreOptions): Promise<Store> {
  const client = await RedisClient.connect(location, options)
  try {
    return await assemble(client, location, options)
  } catch (error) {
    await client.close()
    throw error
  }
}

async function assemble(client: RedisClient, { db }: RedisLocation, options: RedisStoreOptions): Promise<Store> {
  const { node, now, monotonic } = options
  const events = channelOf(db, 'events')
  const configuration = new RedisConfigurationStore({ client, events, node })
  await configuration.reload()
  const context: RedisContext = {
    client,
    node,
    events,
    now: now ?? (() => Math.floor(Date.now() / 1000)),
    times: () => [now?.() ?? '', monotonic?.() ?? ''],
    retention: () => UNFORGOTTEN + (options.retention ?? readSettings(configuration.current.settings).retention),
  }
  const sessions = new RedisSessionStore(context)
  const tokens = new RedisTokenStore(context, new TokenIndex(context), sessions)
  const nodes = node === null ? null : new RedisNodes(node, context, sessions)
  return {
    tokens,
    sessions,
    configuration,
    shared: { sessions, nodes, up: () => nodesUp(context) },
    close: async () => {
      await nodes?.leave()
      await Promise.all([tokens.close(), sessions.close()])
      await client.close()
    },
  }
}
