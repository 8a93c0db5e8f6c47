import { roughDuration } from '../domain/duration.ts'
import type { DaemonStatus, Listener } from '../services/daemon-operations.ts'

const DOORS = ['rtmp', 'rtmps', 'http', 'https', 'webrtc'] as const

/** What `status` tells, by name. */
export function statusFields(status: DaemonStatus): readonly (readonly [string, string | null])[] {
  const { tokenControl } = status
  return [
    ['pid', String(status.pid)],
    ['version', status.version],
    ['uptime', roughDuration(status.uptime)],
    ['data', status.dataDir],
    ['recordings', status.mediaDir],
    ['store', status.store],
    ...listening(status),
    ['transcoder', status.transcoder ?? 'none'],
    ['apps', status.apps.join(' ')],
    ['token control', `publish ${onOff(tokenControl.publish)}, play ${onOff(tokenControl.play)}`],
    ['streams', String(status.streams)],
    ['sessions', String(status.sessions)],
  ]
}

/** Where each door listens; null for those that do not. */
export function listening({ listen }: DaemonStatus): readonly (readonly [string, string | null])[] {
  return DOORS.map((door) => [door, listen[door] && listenerText(listen[door])] as const)
}

/** The yellow line of `serve`; undefined while both directions need a token. */
export function openWarning({ tokenControl }: DaemonStatus): string | undefined {
  const open = [!tokenControl.publish && 'publish', !tokenControl.play && 'play'].filter(Boolean)
  if (open.length === 0) return undefined
  return `token control is off: anyone may ${open.join(' and ')}; turn it on with amsctl settings enable-token`
}

/** The yellow line of `serve` where sound cannot get from RTMP to WebRTC and back. */
export function silenceWarning({ transcoder, listen }: DaemonStatus): string | undefined {
  if (transcoder !== null || listen.webrtc === null) return undefined
  return 'no ffmpeg with AAC and Opus on the PATH: what is published over RTMP is silent over WebRTC, and the other way round'
}

function listenerText({ host, port }: Listener): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off'
}
