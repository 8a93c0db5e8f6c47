import { systemClock } from '../daemon/services.ts'
import { AmsctlError } from '../domain/errors.ts'
import type { Store } from '../services/ports.ts'
import { type Migrated, migrate } from '../store/migration.ts'
import { openStore } from '../store/open.ts'
import type { RedisPlace } from '../store/redis/place.ts'
import { nameOfStore } from './store-place.ts'

export interface Migration {
  readonly dataDir: string
  /** null: the store in the data directory. */
  readonly from: RedisPlace | null
  readonly to: RedisPlace | null
}

/** @throws BAD_VALUE where it is the same store, is not empty, or a daemon has it; STORE_LOCKED */
export async function migrateStore({ dataDir, from, to }: Migration): Promise<Migrated> {
  if (nameOfStore(from) === nameOfStore(to)) throw new AmsctlError('BAD_VALUE', '--from and --to name the same store')
  const source = await openIdle(dataDir, from)
  try {
    const target = await openIdle(dataDir, to)
    try {
      return await migrate(source, target)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** A store that no daemon has: what was moved could be spent there meanwhile. */
async function openIdle(dataDir: string, place: RedisPlace | null): Promise<Store> {
  if (place === null) return openStore(dataDir, { now: systemClock.now })
  const { openRedisStore } = await import('../store/redis/open.ts')
  const store = await openRedisStore(place.location, { ...place, node: null })
  const up = (await store.shared?.up()) ?? []
  if (up.length === 0) return store
  await store.close()
  throw new AmsctlError('BAD_VALUE', `daemons have ${nameOfStore(place)} open: ${up.join(', ')}; stop them first`)
}
