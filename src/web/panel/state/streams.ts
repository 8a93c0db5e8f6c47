import { batch, signal } from '@preact/signals'
import type { AuditEntry } from '../../../domain/audit.ts'
import type { Milliseconds } from '../../../domain/units.ts'
import type { DaemonStatus, StreamView } from '../../../services/daemon-operations.ts'
import type { SessionView } from './api.ts'
import type { EventName } from './live.ts'
import { forgetSecrets } from './secrets.ts'

/** null: not heard yet. */
export const streams = signal<readonly StreamView[] | null>(null)
export const sessions = signal<readonly SessionView[] | null>(null)
export const status = signal<DaemonStatus | null>(null)
/** Newest first. */
export const audit = signal<readonly AuditEntry[]>([])
/** How often each list has changed: who shows one fetches it again. */
export const changes = {
  tokens: signal(0),
  settings: signal(0),
  keys: signal(0),
  users: signal(0),
  recordings: signal(0),
  audit: signal(0),
}

/** One moment of a stream. */
export interface Sample {
  readonly at: number
  readonly bitrate: number
  readonly viewers: number
}

const KEPT_SAMPLES: Milliseconds = 300_000
const KEPT_AUDIT = 1000
const histories = new Map<string, Sample[]>()

export function keyOf({ app, streamId }: Pick<StreamView, 'app' | 'streamId'>): string {
  return `${app}/${streamId}`
}

/** What this page has seen of a stream, oldest first; at most five minutes. */
export function historyOf(stream: StreamView): readonly Sample[] {
  return histories.get(keyOf(stream)) ?? []
}

export function heard(name: EventName, data: unknown): void {
  batch(() => {
    if (name === 'streams') hearStreams(data as StreamView[])
    else if (name === 'sessions') sessions.value = data as SessionView[]
    else if (name === 'status') status.value = data as DaemonStatus
    else if (name === 'audit') audit.value = [data as AuditEntry, ...audit.value].slice(0, KEPT_AUDIT)
    else changes[name].value++
  })
}

/** Nothing was heard for a while: all that was fetched may be old, and between entries of the audit some may be missing. */
export function missed(): void {
  batch(() => {
    audit.value = []
    for (const change of Object.values(changes)) change.value++
  })
}

/** Forgets what only somebody who is logged in may see. */
export function forgetAll(): void {
  batch(() => {
    streams.value = null
    sessions.value = null
    status.value = null
    audit.value = []
    forgetSecrets()
  })
  histories.clear()
}

function hearStreams(now: readonly StreamView[]): void {
  const names = new Set(now.map(keyOf))
  for (const name of histories.keys()) if (!names.has(name)) histories.delete(name)
  const at = Date.now()
  for (const stream of now) {
    const { bitrate, viewers } = stream
    const history = historyOf(stream).filter((sample) => at - sample.at < KEPT_SAMPLES)
    histories.set(keyOf(stream), [...history, { at, bitrate, viewers }])
  }
  streams.value = now
}
