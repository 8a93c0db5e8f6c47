import type { RecordingView } from '../domain/recording.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { SessionView } from '../domain/session.ts'
import type { SettingView } from '../domain/settings.ts'
import type { Token, TokenState, TokenType, TokenView } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import type { Role, UserView } from '../domain/user.ts'
import type { AuditEntry, AuditQuery } from './ports.ts'

export type { AuditEntry, Role, UserView }

/**
 * What an administrator can do to the store, as plain JSON values in and out. A command calls it on the store it has
 * opened itself, or on the daemon that holds the store, through the control socket: same names, same shapes.
 * Failures are AmsctlErrors on both ways.
 */
export interface StoreOperations {
  /** `count` tokens alike but for their secret; `tokenId` holds each secret, for the only time. */
  createTokens(order: MintOrder): Promise<TokenView[]>
  listTokens(filter: TokenFilter): Promise<TokenView[]>
  /** Tokens as they are stored, in the order of their hashes: those behind `after`, at most `limit`. */
  exportTokens(order: { readonly after?: SecretHash; readonly limit: number }): Promise<readonly Token[]>
  /**
   * Stores tokens as they were exported, all or none. BAD_VALUE for one that is none or, without `skipStored`, is stored
   * already; a stored one stays as it is.
   */
  importTokens(order: {
    readonly tokens: readonly Token[]
    readonly skipStored?: boolean
  }): Promise<{ readonly imported: number }>
  /** Copies the store to a directory, given by its whole path, that is not there yet, while it goes on. BAD_VALUE. */
  backUpStore(order: { readonly directory: string }): Promise<{ readonly directory: string }>
  /** Reads all that is stored of tokens. STORE_DAMAGED says where. */
  inspectTokens(): Promise<{ readonly tokens: number }>
  /** By public id or by the secret itself; TOKEN_NOT_FOUND. */
  showToken(ref: string): Promise<TokenView>
  /** Judges without spending. */
  verifyToken(question: TokenQuestion): Promise<VerdictView>
  /** Judges and spends one use. */
  redeemToken(question: TokenQuestion): Promise<VerdictView>
  revokeTokens(selection: TokenSelection): Promise<RevokeReport>
  pruneTokens(order: { readonly older: Seconds }): Promise<{ readonly pruned: number }>
  showSettings(): Promise<SettingView[]>
  setSetting(order: { readonly name: string; readonly value: string }): Promise<SettingView>
  /** Switches token control for the given directions. `connections`: those let in without a token and still there. */
  setTokenControl(order: TokenControlOrder): Promise<TokenControlReport>
  /** `key` is the secret, shown this once. */
  createApiKey(order: { readonly note: string | null }): Promise<ApiKeyView & { readonly key: string }>
  listApiKeys(): Promise<ApiKeyView[]>
  revokeApiKey(id: string): Promise<ApiKeyView>
  listUsers(): Promise<UserView[]>
  /** USER_EXISTS. */
  createUser(order: { readonly name: string; readonly password: string; readonly role: Role }): Promise<UserView>
  /** Ends what the user is logged in with. USER_NOT_FOUND, LAST_ADMIN. */
  deleteUser(order: { readonly name: string }): Promise<UserView>
  /** Ends what the user is logged in with. USER_NOT_FOUND, LAST_ADMIN. */
  changeRole(order: { readonly name: string; readonly role: Role }): Promise<UserView>
  /** Ends what the user is logged in with. USER_NOT_FOUND. */
  changePassword(order: { readonly name: string; readonly password: string }): Promise<UserView>
  /** What was recorded, and what the operator dropped beside it. */
  listRecordings(): Promise<RecordingView[]>
  /** Deletes a file for good. RECORDING_NOT_FOUND; RECORDING_BUSY while it is being written. */
  deleteRecording(order: { readonly app: string; readonly file: string }): Promise<RecordingView>
}

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

export interface MintOrder {
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
  /** null: never; undefined: the setting `default-expire` from now. A past moment is stored as it is (AMS does so over REST). */
  readonly expireDate?: UnixSeconds | null
  readonly notBefore?: UnixSeconds | null
  /** null: unlimited; undefined: 1. */
  readonly uses?: number | null
  readonly ip?: string | null
  readonly maxSession?: Seconds | null
  readonly note?: string | null
  /** 1 by default, at most 10,000. */
  readonly count?: number
}

export interface TokenFilter {
  /** Tokens whose streamId is literally this. */
  readonly streamId?: string
  readonly app?: string
  readonly type?: TokenType
  readonly state?: TokenState | readonly TokenState[]
  readonly expiresWithin?: Seconds
  /** Tokens in whose id, app, stream, note or address this stands, whatever its case. */
  readonly text?: string
  /** `newest` is `created` the other way round. */
  readonly sort?: 'created' | 'newest' | 'expires' | 'stream'
  /** As many as this, at most; without it all of them, at once in memory. */
  readonly limit?: number
  readonly offset?: number
  /** Tokens behind this one in the order of the list: the way from one page to the next. */
  readonly after?: TokenPlace
}

/** Where a token stands in every order of the list. */
export type TokenPlace = Pick<TokenView, 'id' | 'app' | 'streamId' | 'expireDate' | 'createdAt'>

export interface TokenQuestion {
  readonly token: string
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
  /** null: not known; a token bound to an address is then judged on the rest. */
  readonly ip: string | null
}

/** The shape of `verify --json`. */
export type VerdictView = ValidVerdict | InvalidVerdict

interface ValidVerdict {
  readonly valid: true
  readonly code: 'OK'
  readonly message: string
  readonly id: string
  readonly token: TokenView
}

interface InvalidVerdict {
  readonly valid: false
  /** An error code. */
  readonly code: string
  readonly message: string
  readonly id: string | null
  /** The token that was recognised and refused all the same. */
  readonly token: TokenView | null
}

/** Exactly one of the three. */
export interface TokenSelection {
  /** Public ids or secrets. */
  readonly refs?: readonly string[]
  readonly stream?: { readonly app?: string; readonly streamId: string }
  readonly all?: boolean
}

export interface RevokeReport {
  /** Ids of the tokens revoked by this call. */
  readonly revoked: readonly string[]
  /** Ids that had been revoked before. */
  readonly already: readonly string[]
  /** References that name no token, secrets masked. */
  readonly missing: readonly string[]
  /** How many sessions ended. */
  readonly sessions: number
  /** Globs that also open the given stream and were left alone. */
  readonly globs: readonly string[]
}

export interface TokenControlOrder {
  readonly enable: boolean
  readonly types: readonly TokenType[]
  /** End the connections that were let in without a token. */
  readonly kick: boolean
}

export interface TokenControlReport {
  readonly tokenControl: { readonly publish: boolean; readonly play: boolean }
  /** Connections let in without a token: still there, or ended where `kick` was asked. */
  readonly connections: number
  readonly kicked: boolean
}

export interface ApiKeyView {
  readonly id: string
  readonly note: string | null
  readonly createdAt: string
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
