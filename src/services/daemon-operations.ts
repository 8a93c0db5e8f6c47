import type { AuditEntry } from '../domain/audit.ts'
import type { SessionView } from '../domain/session.ts'
import type { Seconds } from '../domain/units.ts'
import type { StoreOperations } from './operations.ts'
import type { AuditQuery } from './ports.ts'

/** What only a running daemon can answer. */
export interface DaemonOperations extends StoreOperations {
  status(): Promise<DaemonStatus>
  listStreams(): Promise<StreamView[]>
  /** Records a live stream from its next key frame on; `already` where that was so before. STREAM_NOT_LIVE. */
  startRecording(stream: StreamName): Promise<RecordingReport>
  /** Ends a recording; resolves when its file is complete or the disk takes long. RECORDING_NOT_FOUND where there is none. */
  stopRecording(stream: StreamName): Promise<RecordingReport>
  listSessions(): Promise<ListedSession[]>
  /** Ends one session; with `revoke` its token too. SESSION_NOT_FOUND. */
  kickSession(order: { readonly id: string; readonly revoke: boolean }): Promise<KickReport>
  /** Sends the publisher of a live stream away. STREAM_NOT_LIVE; SESSION_NOT_FOUND where nobody publishes it now. */
  endStream(stream: StreamName): Promise<KickReport>
  /** The newest entries of the audit that fit, oldest first. */
  recentAudit(query: AuditQuery): Promise<AuditEntry[]>
}

export interface Listener {
  readonly host: string
  readonly port: number
}

export interface DaemonStatus {
  readonly running: true
  readonly pid: number
  readonly version: string
  readonly dataDir: string
  /** Where recordings are. */
  readonly mediaDir: string
  readonly store: string
  readonly uptime: Seconds
  readonly apps: readonly string[]
  readonly listen: {
    readonly rtmp: Listener | null
    readonly rtmps: Listener | null
    readonly http: Listener | null
    readonly https: Listener | null
    /** UDP, for media; its signalling is at `http` and `https`. */
    readonly webrtc: Listener | null
  }
  /** What makes Opus of AAC and back, such as `ffmpeg 5.1`, or `ffmpeg` before it was asked; null: nothing here can. */
  readonly transcoder: string | null
  readonly tokenControl: { readonly publish: boolean; readonly play: boolean }
  readonly streams: number
  readonly sessions: number
}

export interface StreamName {
  readonly app: string
  readonly streamId: string
}

export interface RecordingReport extends StreamName {
  /** The file being written, or written last; null: no media has come yet. */
  readonly file: string | null
  readonly recording: boolean
  /** Whether all of it is on the disk, and its index. */
  readonly complete: boolean
  /** Nothing had to be done. */
  readonly already: boolean
}

/** A session and the node that has it. */
export interface ListedSession extends SessionView {
  readonly node: string
}

export interface StreamView {
  /** Where it is published. */
  readonly node: string
  readonly app: string
  readonly streamId: string
  /** `live`, or `waiting` for a lost publisher to return. */
  readonly state: 'live' | 'waiting'
  readonly protocol: string
  readonly address: string
  readonly since: string
  readonly videoCodec: string | null
  readonly audioCodec: string | null
  readonly bytes: number
  /** Incoming bits a second over the last seconds. */
  readonly bitrate: number
  readonly viewers: number
  readonly recording: boolean
  /** What its publisher should change, such as `B-frames: …`; for a person. */
  readonly warnings: readonly string[]
}

export interface KickReport {
  readonly id: string
  readonly tokenId: string | null
  /** Uses that the token has left; null: unlimited, or no token. The client may come back with them. */
  readonly usesLeft: number | null
  readonly revoked: boolean
}
