import { composeServices, systemClock } from '../daemon/services.ts'
import { administer } from '../services/administration.ts'
import type { StoreOperations } from '../services/operations.ts'
import { AuditFile } from '../store/audit-file.ts'
import { openStore } from '../store/open.ts'
import { localRecordings } from './local-recordings.ts'

/** Opens the store of `dataDir` in this process; STORE_LOCKED at once where another process holds it. */
export async function openLocalStore(
  dataDir: string,
  mediaDir: string,
): Promise<{ readonly operations: StoreOperations; close(): Promise<void> }> {
  const store = await openStore(dataDir, { now: systemClock.now, wait: 0 })
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
