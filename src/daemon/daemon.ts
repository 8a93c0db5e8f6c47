import { realpathSync, rmSync } from 'node:fs'
import { AmsctlError } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import { createHls } from '../media/hls/library.ts'
import { createHub, type Hub } from '../media/hub.ts'
import type { Recordings } from '../media/recording/recordings.ts'
import { createControlServer } from '../server/control/server.ts'
import { controlSocketPath } from '../server/control/socket-path.ts'
import { administer, type Services } from '../services/administration.ts'
import type { Log } from '../services/log.ts'
import type { DaemonStatus, Listener } from '../services/operations.ts'
import type { Refusals } from '../services/refusals.ts'
import { VERSION } from '../services/version.ts'
import { AuditFile } from '../store/audit-file.ts'
import { openStore } from '../store/open.ts'
import { type Doors, openDoors } from './doors.ts'
import { openLibrary } from './media-library.ts'
import { daemonOperations } from './operations.ts'
import { completeRecordings, recordStreams } from './recordings.ts'
import { composeServices, systemClock } from './services.ts'
import { loadTls, type TlsFiles } from './tls.ts'

export interface DaemonOptions {
  readonly dataDir: string
  readonly host: string
  /** 0: any free port. */
  readonly rtmpPort: number
  readonly httpPort: number
  /** Ports used where `tls` is given. */
  readonly rtmpsPort: number
  readonly httpsPort: number
  readonly tls: TlsFiles | null
  readonly apps: readonly string[]
  /** Holds a folder of recordings for each app. */
  readonly mediaDir: string
  /** Which streams to record, in place of the setting; null: as the setting says. */
  readonly record: string | null
  /** For how long media is gathered into one write to each viewer. */
  readonly latency: Milliseconds
  readonly log: Log
}

export interface Daemon {
  status(): DaemonStatus
  /** Reads settings and TLS files again; what cannot be used is logged, and the old goes on. */
  reload(): Promise<void>
  /** Ends every client in its protocol, flushes the store, and lets go of it. Idempotent. */
  close(): Promise<void>
}

const SWEEP: Milliseconds = 1000
const FORGET: Milliseconds = 3_600_000

/** Starts a daemon on `dataDir`; resolves when it listens everywhere, or rejects and leaves nothing behind. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dataDir, log } = options
  const store = await openStore(dataDir, { now: systemClock.now }).catch(explainLock)
  const cleanups: (() => unknown)[] = [() => store.close()]
  try {
    const auditFile = new AuditFile(dataDir, (error) =>
      log.error({ error: error.message }, 'the audit cannot be written'),
    )
    cleanups.unshift(() => auditFile.close())
    const { library, close } = await openLibrary(options.mediaDir)
    cleanups.unshift(close)
    const services = await composeServices(store, auditFile, library)
    const hub = createHub({
      latency: options.latency,
      publisherGrace: () => services.settings.values['publisher-grace'],
    })
    const unfinished = await library.takeStock()
    const recordings = recordStreams({ ...options, services, hub, library })
    const tls = options.tls && (await loadTls(options.tls))
    const hls = createHls({ hub, always: () => services.settings.values.hls === 'always' })
    cleanups.unshift(() => hls.close())
    const doors = await openDoors({ ...options, services, hub, hls, library, tls })
    cleanups.unshift(() => doors.close())
    const daemon = await run(options, { services, hub, recordings, doors }, cleanups)
    const stop = new AbortController()
    const completing = completeRecordings(library, unfinished, { log, signal: stop.signal })
    cleanups.unshift(() => stop.abort())
    // Before the index is closed.
    cleanups.splice(cleanups.indexOf(close), 0, () => completing)
    return daemon
  } catch (error) {
    await runAll(cleanups)
    throw error
  }
}

interface Parts {
  readonly services: Services & { readonly refusals: Refusals }
  readonly hub: Hub
  readonly recordings: Recordings
  readonly doors: Doors
}

async function run(options: DaemonOptions, parts: Parts, cleanups: (() => unknown)[]): Promise<Daemon> {
  const { services, hub, recordings, doors } = parts
  const { log } = options
  const startedAt = Date.now()
  const dataDir = realpathSync(options.dataDir)
  const status = (): DaemonStatus => ({
    running: true,
    pid: process.pid,
    version: VERSION,
    dataDir,
    mediaDir: options.mediaDir,
    store: 'file',
    uptime: Math.floor((Date.now() - startedAt) / 1000),
    apps: options.apps,
    listen: doors.listen,
    tokenControl: { publish: services.settings.controls('publish'), play: services.settings.controls('play') },
    streams: hub.list().length,
    sessions: services.sessions.list().length,
  })
  const operations = daemonOperations(
    administer(services, { by: 'cli', protocol: 'cli', address: null }),
    services,
    { hub, recordings },
    status,
  )
  const socketPath = controlSocketPath(options.dataDir)
  const control = createControlServer(operations, log)
  await control.start(socketPath)
  const sweeper = setInterval(() => services.sessions.sweep(), SWEEP).unref()
  const forget = () =>
    services.tokens.forgetEnded().catch((error: Error) => log.warn({ error: error.message }, 'ended tokens kept'))
  const forgetter = setInterval(forget, FORGET).unref()
  void forget()
  services.audit.record({ event: 'start', by: 'daemon', message: describeListeners(doors.listen) })

  // First nobody new, then everybody out, then the store.
  cleanups.unshift(
    () => clearInterval(sweeper),
    () => clearInterval(forgetter),
    () => control.close(),
    () => rmSync(socketPath, { force: true }),
    // Before the streams end, lest players of HLS take a restart for the end of the show.
    () => doors.drain(),
    () => services.sessions.suspendAll(),
    () => services.audit.record({ event: 'stop', by: 'daemon' }),
    () => hub.close(),
    () => recordings.close(),
  )
  let closing: Promise<void> | undefined
  return {
    status,
    reload: () => reload(options, parts),
    close: () => {
      closing ??= runAll(cleanups)
      return closing
    },
  }
}

async function reload({ tls, log }: DaemonOptions, { services, doors }: Parts): Promise<void> {
  try {
    const material = tls && (await loadTls(tls))
    await services.settings.reload()
    if (material) doors.setTls(material)
    log.info({}, 'settings and TLS files read again')
  } catch (error) {
    log.error({ error: error instanceof Error ? error.message : String(error) }, 'not reloaded; the old values stay')
  }
}

/** Every cleanup runs, whatever the others do; the first failure is told at the end. */
async function runAll(cleanups: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const cleanup of cleanups) {
    try {
      await cleanup()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

function explainLock(error: unknown): never {
  if (error instanceof AmsctlError && error.code === 'STORE_LOCKED') {
    throw new AmsctlError('DAEMON_RUNNING', `${error.message}; is amsctl serve running there already?`, {
      cause: error,
    })
  }
  throw error
}

function describeListeners(listen: DaemonStatus['listen']): string {
  const open = Object.entries(listen).filter((entry): entry is [string, Listener] => entry[1] !== null)
  return open.map(([door, { host, port }]) => `${door} ${host}:${port}`).join(', ')
}
