import { join } from 'node:path'
import { Low } from 'lowdb'
import { readSettings } from '../domain/settings.ts'
import { isForgettable } from '../domain/token.ts'
import type { Milliseconds, Seconds, UnixSeconds } from '../domain/units.ts'
import type { Store } from '../services/ports.ts'
import { FileConfigurationStore } from './configuration-store.ts'
import { prepareDataDirectory, SETTINGS_FILE } from './data-directory.ts'
import { JournalAdapter } from './journal-adapter.ts'
import { acquireLock, type Lock } from './lock.ts'
import { Records } from './records.ts'
import { Reservations } from './reservations.ts'
import { FileSessionStore } from './session-store.ts'
import { FileTokenStore } from './token-store.ts'

const PATIENCE: Milliseconds = 5000

export interface StoreOptions {
  now(): UnixSeconds
  /** How long to wait for another process that holds the store: 5 s by default; 0 tries once. */
  readonly wait?: Milliseconds
  /** How long an ended token is kept; by default the stored setting `retention`. */
  readonly retention?: Seconds
  /** How long the journal may grow, in bytes, before it is compacted; by default as the snapshot's size asks. */
  readonly journalLimit?: number
  /** The clock of reservations; by default the process's own, which never jumps. */
  readonly monotonic?: () => Milliseconds
}

/**
 * Opens the store in `dataDir`, beginning one where there is none, and holds it until closed.
 * @throws STORE_LOCKED, STORE_UNSAFE, STORE_DAMAGED, STORE_NEWER, STORE_FAILED
 */
export async function openStore(dataDir: string, options: StoreOptions): Promise<Store> {
  await prepareDataDirectory(dataDir)
  return openLocked(dataDir, options, await acquireLock(dataDir, options.wait ?? PATIENCE))
}

async function openLocked(dataDir: string, options: StoreOptions, lock: Lock): Promise<Store> {
  try {
    const configuration = await FileConfigurationStore.open(join(dataDir, SETTINGS_FILE))
    const adapter = new JournalAdapter({
      directory: dataDir,
      journalLimit: options.journalLimit,
      retention: () => {
        const retention = options.retention ?? readSettings(configuration.current.settings).retention
        const now = options.now()
        return { now, isForgettable: (token) => isForgettable(token, retention, now) }
      },
    })
    const db = new Low(adapter, new Records())
    await db.read()
    return assemble({ db, adapter, configuration, lock }, options)
  } catch (cause) {
    await lock.release()
    throw cause
  }
}

interface Parts {
  readonly db: Low<Records>
  readonly adapter: JournalAdapter
  readonly configuration: FileConfigurationStore
  readonly lock: Lock
}

function assemble({ db, adapter, configuration, lock }: Parts, options: StoreOptions): Store {
  const reservations = new Reservations(options.monotonic ?? (() => performance.now()))
  const sessions = new FileSessionStore(db, () => adapter.flush())
  const end = async () => {
    sessions.close()
    try {
      await configuration.close()
      await adapter.close()
    } finally {
      await lock.release()
    }
  }
  let ended: Promise<void> | undefined
  return {
    tokens: new FileTokenStore(db, reservations, options.now),
    sessions,
    configuration,
    backUp: (target) => adapter.backUp(target),
    close: () => {
      ended ??= end()
      return ended
    },
  }
}
