import { realpathSync } from 'node:fs'
import type { Hub } from '../media/hub.ts'
import type { DeferredTranscoding } from '../media/transcode/deferred.ts'
import type { Services } from '../services/administration.ts'
import type { DaemonStatus, Listener } from '../services/daemon-operations.ts'
import { VERSION } from '../services/version.ts'
import { describeRedis } from '../store/redis/location.ts'
import type { DaemonOptions } from './daemon.ts'

interface StatusParts {
  readonly services: Services
  readonly hub: Hub
  /** Undefined until all of the doors are open. */
  readonly listen: () => DaemonStatus['listen'] | undefined
  readonly transcoding: DeferredTranscoding | undefined
}

export interface Status {
  /** The transcoder by name only, until it was asked. */
  known(): DaemonStatus
  /** With what the transcoder says of itself. */
  asked(): Promise<DaemonStatus>
}

const CLOSED: DaemonStatus['listen'] = { rtmp: null, rtmps: null, http: null, https: null, webrtc: null }

/** What the daemon is and does, as it stands whenever that is asked. */
export function statusOf(options: DaemonOptions, { services, hub, listen, transcoding }: StatusParts): Status {
  const startedAt = Date.now()
  const dataDir = realpathSync(options.dataDir)
  const known = (transcoder = transcoding?.name ?? null): DaemonStatus => ({
    running: true,
    pid: process.pid,
    version: VERSION,
    dataDir,
    mediaDir: options.mediaDir,
    store: options.store ? describeRedis(options.store.location) : 'file',
    uptime: Math.floor((Date.now() - startedAt) / 1000),
    apps: options.apps,
    listen: listen() ?? CLOSED,
    transcoder,
    tokenControl: { publish: services.settings.controls('publish'), play: services.settings.controls('play') },
    streams: hub.list().length,
    sessions: services.sessions.list().length,
  })
  return { known: () => known(), asked: async () => known((await transcoding?.ask())?.name ?? null) }
}

export function describeListeners(listen: DaemonStatus['listen']): string {
  const open = Object.entries(listen).filter((entry): entry is [string, Listener] => entry[1] !== null)
  return open.map(([door, { host, port }]) => `${door} ${host}:${port}`).join(', ')
}
