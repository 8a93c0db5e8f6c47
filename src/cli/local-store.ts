import { composeServices, systemClock } from '../daemon/services.ts'
import { administer } from '../services/administration.ts'
import type { StoreOperations } from '../services/operations.ts'
import type { Store } from '../services/ports.ts'
import { AuditFile } from '../store/audit-file.ts'
import { openStore } from '../store/open.ts'
import type { RedisPlace } from '../store/redis/place.ts'
import type { Destination } from './connect.ts'
import { localRecordings } from './local-recordings.ts'

/** Opens the store in this process; STORE_LOCKED at once where another process holds the data directory. */
export async function openLocalStore({
  dataDir,
  mediaDir,
  place,
}: Destination): Promise<{ readonly operations: StoreOperations; close(): Promise<void> }> {
  const store = await openStoreAt(dataDir, place)
  const auditFile = new AuditFile(dataDir, (error) => process.emitWarning(`audit: ${error.message}`))
  const recordings = localRecordings(mediaDir)
  const services = await composeServices(store, auditFile, recordings)
  return {
    operations: administer(services, { by: 'cli', protocol: 'cli', address: null }),
    close: async () => {
      await recordings.close()
      await auditFile.close()
      await store.close()
    },
  }
}

async function openStoreAt(dataDir: string, place: RedisPlace | null): Promise<Store> {
  if (place === null) return openStore(dataDir, { now: systemClock.now, wait: 0 })
  // Its client is not small: only who has such a store pays for it.
  const { openSharedStore } = await import('../store/redis/place.ts')
  return openSharedStore(dataDir, place, { wait: 0, node: null })
}
