import { setTimeout as sleep } from 'node:timers/promises'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { DaemonOperations } from '../services/daemon-operations.ts'
import type { StoreOperations } from '../services/operations.ts'
import type { RedisPlace } from '../store/redis/place.ts'
import { connectDaemon, type DaemonConnection } from './daemon-client.ts'
import { nameOfStore } from './store-place.ts'

const PATIENCE: Milliseconds = 5000
const RETRY: Milliseconds = 25

export interface OpenedOperations {
  readonly operations: StoreOperations
  /** The running daemon, which then also does the operations; null: this process holds the store itself. */
  readonly daemon: DaemonOperations | null
  close(): Promise<void>
}

export interface Destination {
  readonly dataDir: string
  readonly mediaDir: string
  /** A shared store; null: the one in the data directory, or that of the daemon. */
  readonly place: RedisPlace | null
}

/** Reaches the store: through the daemon on the data directory, or by its lock. STORE_LOCKED after 5 s of neither. */
export async function openOperations(destination: Destination): Promise<OpenedOperations> {
  const { dataDir, place } = destination
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const connection = await connectDaemon(dataDir)
    if (connection && place) await requireStore(connection, nameOfStore(place), dataDir)
    if (connection) return { operations: connection.daemon, ...connection }
    // Loaded only where no daemon answers: the lock and the store cost a command more than the call does.
    const { openLocalStore } = await import('./local-store.ts')
    try {
      return { ...(await openLocalStore(destination)), daemon: null }
    } catch (error) {
      const held = error instanceof AmsctlError && error.code === 'STORE_LOCKED'
      if (!held || Date.now() >= deadline) throw error
    }
    await sleep(RETRY)
  }
}

/** What is meant for a shared store must not end up in another one unnoticed. */
async function requireStore({ daemon, close }: DaemonConnection, asked: string, dataDir: string): Promise<void> {
  const { store } = await daemon.status()
  if (store === asked) return
  await close()
  const message = `the daemon on ${dataDir} has its store at ${store}, not at ${asked}; name another --data-dir`
  throw new AmsctlError('BAD_VALUE', message)
}

/** Reaches the running daemon of `dataDir`; DAEMON_DOWN where there is none. */
export async function openDaemon(dataDir: string): Promise<DaemonConnection> {
  const connection = await connectDaemon(dataDir)
  if (connection) return connection
  throw new AmsctlError('DAEMON_DOWN', `no daemon on ${dataDir}; start one with amsctl serve`)
}
