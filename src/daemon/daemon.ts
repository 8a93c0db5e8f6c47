import { rmSync } from 'node:fs'
import type { Milliseconds } from '../domain/units.ts'
import { createHls } from '../media/hls/library.ts'
import { createHub } from '../media/hub.ts'
import { Inspections } from '../media/inspection.ts'
import type { MediaLibrary } from '../media/recording/library.ts'
import { deferTranscoder } from '../media/transcode/ffmpeg.ts'
import { createControlServer } from '../server/control/server.ts'
import { controlSocketPath } from '../server/control/socket-path.ts'
import type { Actor, Services } from '../services/administration.ts'
import { AuditTrail } from '../services/audit-trail.ts'
import type { DaemonOperations, DaemonStatus } from '../services/daemon-operations.ts'
import type { Log } from '../services/log.ts'
import { SetupLink } from '../services/setup-link.ts'
import { AuditFile } from '../store/audit-file.ts'
import { searchAudit } from '../store/audit-search.ts'
import type { RedisPlace } from '../store/redis/place.ts'
import { Cleanup } from './cleanup.ts'
import { type Doors, openDoors } from './doors.ts'
import { openLibrary } from './media-library.ts'
import { acrossNodes, joinNodes } from './nodes.ts'
import { daemonOperations } from './operations.ts'
import { openPanel, setupLink } from './panel.ts'
import { completeRecordings, recordStreams } from './recordings.ts'
import { composeServices } from './services.ts'
import { describeListeners, statusOf } from './status.ts'
import { openDaemonStore } from './store.ts'
import { loadTls, type TlsFiles } from './tls.ts'
import { startUpkeep } from './upkeep.ts'
import { openWebrtc, type WebrtcOptions } from './webrtc.ts'

export interface DaemonOptions {
  readonly dataDir: string
  /** A store that several machines share; null: the one in the data directory. */
  readonly store: RedisPlace | null
  /** This machine's name among them. */
  readonly node: string
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
  readonly webrtc: WebrtcOptions
  /** Whether the management panel is served, and logging in over REST. */
  readonly panel: boolean
  readonly log: Log
}

export interface Daemon {
  /** The transcoder by name only, until somebody had to know more. */
  status(): DaemonStatus
  /** Where the first user can be made; a secret. null: there is one, or no panel. */
  setupLink(): string | null
  /** Reads settings and TLS files again; what cannot be used is logged, and the old goes on. */
  reload(): Promise<void>
  /** Ends every client in its protocol, flushes the store, and lets go of it. Idempotent. */
  close(): Promise<void>
}

/** Starts a daemon on `dataDir`; resolves when it listens everywhere, or rejects and leaves nothing behind. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const cleanup = new Cleanup()
  try {
    return await start(options, cleanup)
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

/** What is begun first ends last: nobody new, then everybody out, then the files. */
async function start(options: DaemonOptions, cleanup: Cleanup): Promise<Daemon> {
  const { dataDir, log } = options
  const store = await openDaemonStore(options)
  cleanup.defer(() => store.close())
  const auditFile = new AuditFile(dataDir, ({ message }) =>
    log.error({ error: message }, 'the audit cannot be written'),
  )
  cleanup.defer(() => auditFile.close())
  const library = await openMedia(options, cleanup)
  const trail = new AuditTrail(auditFile, (query) => searchAudit(dataDir, query))
  const services = await composeServices(store, trail, library)
  const { settings, sessions, audit } = services
  const transcoding = await deferTranscoder(log)
  const publisherGrace = () => settings.values['publisher-grace']
  const hub = createHub({ latency: options.latency, publisherGrace, transcoding })
  const inspections = new Inspections({ onWarning: (stream, warning) => log.warn(stream, warning) })
  hub.onStart(inspections.begin)
  const recordings = recordStreams({ ...options, services, hub, library })
  const hls = createHls({ hub, always: () => settings.values.hls === 'always' })
  cleanup.defer(() => hls.close())
  const tls = options.tls && (await loadTls(options.tls))
  const webrtc = await openWebrtc({ ...options, transcoding })
  cleanup.defer(() => webrtc?.close())
  const opened: { doors?: Doors } = {}
  const status = statusOf(options, { services, hub, transcoding, listen: () => opened.doors?.listen })
  const parts = { hub, inspections, recordings, trail, status: status.asked, node: options.node }
  const own = (actor: Actor) => daemonOperations(actor, services, parts)
  const nodes = store.shared?.nodes
  const operations = (actor: Actor) => (nodes ? acrossNodes(own(actor), actor, nodes) : own(actor))
  cleanup.defer(await joinNodes(store, services, own))
  const setup = new SetupLink(services.users)
  const panel = openPanel({ ...options, services, library, operations, trail, setup })
  const doors = await openDoors({ ...options, services, hub, inspections, hls, library, tls, webrtc, panel })
  opened.doors = doors
  cleanup.defer(() => doors.close())
  cleanup.defer(() => recordings.close())
  cleanup.defer(() => hub.close())
  cleanup.defer(() => audit.record({ event: 'stop', by: 'daemon' }))
  cleanup.defer(() => sessions.suspendAll())
  // Before the streams end, lest players of HLS take a restart for the end of the show.
  cleanup.defer(() => doors.drain())

  await openControl(options, cleanup, operations({ by: 'cli', protocol: 'cli', address: null }))
  cleanup.defer(startUpkeep(services, log))
  audit.record({ event: 'start', by: 'daemon', message: describeListeners(doors.listen) })
  return {
    status: status.known,
    setupLink: () => (options.panel ? setupLink(setup, settings.values['public-url'], doors.listen) : null),
    reload: () => reload(options, services, doors),
    close: () => cleanup.run(),
  }
}

async function openMedia({ mediaDir, log }: DaemonOptions, cleanup: Cleanup): Promise<MediaLibrary> {
  const { library, close } = await openLibrary(mediaDir, { create: true })
  cleanup.defer(close)
  const stop = new AbortController()
  const completing = completeRecordings(library, await library.takeStock(), { log, signal: stop.signal })
  cleanup.defer(() => completing)
  cleanup.defer(() => stop.abort())
  return library
}

async function openControl(
  { dataDir, log }: DaemonOptions,
  cleanup: Cleanup,
  operations: DaemonOperations,
): Promise<void> {
  const path = controlSocketPath(dataDir)
  const control = createControlServer(operations, log)
  await control.start(path)
  cleanup.defer(() => rmSync(path, { force: true }))
  cleanup.defer(() => control.close())
}

async function reload({ tls, log }: DaemonOptions, { settings, audit }: Services, doors: Doors): Promise<void> {
  try {
    const material = tls && (await loadTls(tls))
    const changes = await settings.reload()
    for (const { name, value } of changes) audit.record({ event: 'setting', by: 'daemon', message: `${name}=${value}` })
    if (material) doors.setTls(material)
    log.info({}, 'settings and TLS files read again')
  } catch (error) {
    log.error({ error: error instanceof Error ? error.message : String(error) }, 'not reloaded; the old values stay')
  }
}
