import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { Store } from '../services/ports.ts'
import type { DaemonOptions } from './daemon.ts'
import { systemClock } from './services.ts'

const PATIENCE: Milliseconds = 5000

/** @throws DAEMON_RUNNING where another process has the data directory or the name, and what the store says */
export async function openDaemonStore({
  dataDir,
  store,
  node,
}: Pick<DaemonOptions, 'dataDir' | 'store' | 'node'>): Promise<Store> {
  try {
    if (store === null) {
      const { openStore } = await import('../store/open.ts')
      return await openStore(dataDir, { now: systemClock.now, wait: PATIENCE })
    }
    const { openSharedStore } = await import('../store/redis/place.ts')
    const shared = await openSharedStore(dataDir, store, { wait: PATIENCE, node })
    await shared.shared?.nodes?.refuseTwin().catch(async (error) => {
      await shared.close()
      throw error
    })
    return shared
  } catch (error) {
    if (!(error instanceof AmsctlError) || error.code !== 'STORE_LOCKED') throw error
    const message = `${error.message}; is amsctl serve running there already?`
    throw new AmsctlError('DAEMON_RUNNING', message, { cause: error })
  }
}
