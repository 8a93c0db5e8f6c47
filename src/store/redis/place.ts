import type { Milliseconds } from '../../domain/units.ts'
import type { Store } from '../../services/ports.ts'
import { prepareDataDirectory } from '../data-directory.ts'
import { acquireLock } from '../lock.ts'
import type { Credentials } from './client.ts'
import type { RedisLocation } from './location.ts'
import { openRedisStore } from './open.ts'

/** Where a shared store is, and how to get in. */
export interface RedisPlace extends Credentials {
  readonly location: RedisLocation
}

export interface PlaceOptions {
  /** How long to wait for another process on the data directory. */
  readonly wait: Milliseconds
  /** This machine's name among those that share the store; null: a command, which has no sessions. */
  readonly node: string | null
}

/**
 * Opens a shared store for who works on `dataDir`, where the audit, the control socket and recordings stay; it is locked
 * as if the store were in it.
 * @throws STORE_LOCKED, STORE_UNSAFE, STORE_FAILED, STORE_DAMAGED, STORE_NEWER
 */
export async function openSharedStore(dataDir: string, place: RedisPlace, options: PlaceOptions): Promise<Store> {
  await prepareDataDirectory(dataDir)
  const lock = await acquireLock(dataDir, options.wait)
  try {
    const { location, password, ca } = place
    const store = await openRedisStore(location, { password, ca, node: options.node })
    const close = async () => {
      await store.close()
      await lock.release()
    }
    let closed: Promise<void> | undefined
    return {
      ...store,
      close: () => {
        closed ??= close()
        return closed
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}
