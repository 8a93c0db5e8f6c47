import { setTimeout as sleep } from 'node:timers/promises'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { DaemonOperations, StoreOperations } from '../services/operations.ts'
import { connectDaemon, type DaemonConnection } from './daemon-client.ts'

const PATIENCE: Milliseconds = 5000
const RETRY: Milliseconds = 25

export interface OpenedOperations {
  readonly operations: StoreOperations
  /** The running daemon, which then also does the operations; null: this process holds the store itself. */
  readonly daemon: DaemonOperations | null
  close(): Promise<void>
}

/** Reaches the store of `dataDir`: through its daemon, or by its lock. STORE_LOCKED after 5 s of neither. */
export async function openOperations(dataDir: string, mediaDir: string): Promise<OpenedOperations> {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const connection = await connectDaemon(dataDir)
    if (connection) return { operations: connection.daemon, ...connection }
    // Loaded only where no daemon answers: the lock and the store cost a command more than the call does.
    const { openLocalStore } = await import('./local-store.ts')
    try {
      return { ...(await openLocalStore(dataDir, mediaDir)), daemon: null }
    } catch (error) {
      const held = error instanceof AmsctlError && error.code === 'STORE_LOCKED'
      if (!held || Date.now() >= deadline) throw error
    }
    await sleep(RETRY)
  }
}

/** Reaches the running daemon of `dataDir`; DAEMON_DOWN where there is none. */
export async function openDaemon(dataDir: string): Promise<DaemonConnection> {
  const connection = await connectDaemon(dataDir)
  if (connection) return connection
  throw new AmsctlError('DAEMON_DOWN', `no daemon on ${dataDir}; start one with amsctl serve`)
}
