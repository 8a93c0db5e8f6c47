import { describe } from 'vitest'
import type { Store } from '../../src/services/ports.ts'
import type { StoreOptions } from '../../src/store/open.ts'
import { temporaryDirectory } from './amsctl.ts'
import { describeWith } from './programs.ts'
import { aRedisStore, sharedRedis } from './redis.ts'
import { aStore } from './store.ts'

/** A kind of store that is held to its port's promises. */
export interface StoreKind {
  /** A place for a store, in which there is none yet. */
  place(): Promise<string>
  /** Opens the store at a place; it is closed when the test is over. */
  open(place: string, options?: Partial<StoreOptions>): Promise<Store>
}

/** Makes `claims` about every kind of store. */
export function describeStores(claims: (kind: StoreKind) => void): void {
  describe('the store in files:', () => claims({ place: temporaryDirectory, open: aStore }))
  describeWith(['redis-server'], 'the store in Redis:', () => {
    const redis = sharedRedis()
    claims({
      place: async () => redis().newUrl(),
      open: (place, { now, monotonic, retention } = {}) =>
        aRedisStore(place, {
          ...(now && { now }),
          ...(monotonic && { monotonic }),
          ...(retention !== undefined && { retention }),
        }),
    })
  })
}
