import type { RecordingView } from '../domain/recording.ts'
import type { SecretHash } from '../domain/secret.ts'
import type { SettingView } from '../domain/settings.ts'
import type { Token, TokenState, TokenType, TokenView } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import type { Role, UserView } from '../domain/user.ts'

export type { Role, UserView }

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
