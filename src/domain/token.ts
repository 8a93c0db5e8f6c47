import type { SecretHash } from './secret.ts'
import { type Seconds, toRfc3339, type UnixSeconds } from './units.ts'

export const TOKEN_TYPES = ['publish', 'play'] as const
export type TokenType = (typeof TOKEN_TYPES)[number]

/** The way in through which a token is used. */
export type Protocol = 'rtmp' | 'rtmps' | 'http-flv' | 'ws-flv' | 'webrtc' | 'hls' | 'vod' | 'http' | 'rest' | 'cli'

/** One use: it opened the session `session` for the stream `streamId`. */
export interface TokenUse {
  readonly at: UnixSeconds
  /** null where a token was redeemed for somebody unknown. */
  readonly address: string | null
  readonly protocol: Protocol
  readonly streamId: string
  /** null where a token was redeemed by REST or command, which opens nothing here. */
  readonly session: string | null
}

/** A token as it is stored: the secret itself is nowhere, its hash is the key. */
export interface Token {
  readonly hash: SecretHash
  /** `tk_` and 12 of `[0-9a-z]`. */
  readonly id: string
  readonly app: string
  /** An exact stream id, or a glob. */
  readonly streamId: string
  readonly type: TokenType
  /** Good while `now < expireDate`; null: for ever. */
  readonly expireDate: UnixSeconds | null
  readonly notBefore: UnixSeconds | null
  /** How many sessions it may open; null: any number. */
  readonly uses: number | null
  readonly used: number
  /** CIDR that its user must come from. */
  readonly ip: string | null
  /** How long a session that it opened may last. */
  readonly maxSession: Seconds | null
  readonly note: string | null
  readonly createdAt: UnixSeconds
  readonly revokedAt: UnixSeconds | null
  readonly firstUse: TokenUse | null
  /** The last {@link KEPT_USES} uses, oldest first. */
  readonly lastUses: readonly TokenUse[]
}

export const KEPT_USES = 10

export const TOKEN_STATES = ['active', 'pending', 'used', 'expired', 'revoked'] as const
export type TokenState = (typeof TOKEN_STATES)[number]

/** The state shown for a token; of several that apply, revoked > used > expired > pending > active. */
export function tokenState(token: Token, now: UnixSeconds): TokenState {
  if (token.revokedAt !== null) return 'revoked'
  if (isUsedUp(token)) return 'used'
  if (isExpired(token, now)) return 'expired'
  if (token.notBefore !== null && now < token.notBefore) return 'pending'
  return 'active'
}

export function isUsedUp(token: Token): boolean {
  return token.uses !== null && token.used >= token.uses
}

export function isExpired(token: Token, now: UnixSeconds): boolean {
  return token.expireDate !== null && now >= token.expireDate
}

/** `token` after one more use. */
export function withUse(token: Token, use: TokenUse): Token {
  return {
    ...token,
    used: token.used + 1,
    firstUse: token.firstUse ?? use,
    lastUses: [...token.lastUses, use].slice(-KEPT_USES),
  }
}

/** When `token` stopped opening anything; null while it may still. */
export function endedAt(token: Token, now: UnixSeconds): UnixSeconds | null {
  if (token.revokedAt !== null) return token.revokedAt
  if (isUsedUp(token)) return token.lastUses.at(-1)?.at ?? token.createdAt
  return isExpired(token, now) ? token.expireDate : null
}

/**
 * Whether an ended token has been kept for `retention` after its expireDate, or after its end where it has none. One
 * that was minted expired, as AMS allows, is kept as long from then on.
 */
export function isForgettable(token: Token, retention: Seconds, now: UnixSeconds): boolean {
  const ended = endedAt(token, now)
  return ended !== null && now >= Math.max(ended, token.expireDate ?? 0, token.createdAt) + retention
}

/** What the CLI, REST and scripts see of a token. Fields are only ever added. */
export interface TokenView {
  readonly id: string
  /** The secret, in the one answer that mints; null in every other. */
  readonly tokenId: string | null
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
  readonly state: TokenState
  readonly expireDate: UnixSeconds | null
  readonly notBefore: UnixSeconds | null
  readonly uses: number | null
  readonly usesLeft: number | null
  readonly ip: string | null
  readonly maxSession: Seconds | null
  readonly note: string | null
  /** RFC 3339. */
  readonly createdAt: string
  readonly revokedAt: string | null
  readonly firstUse: TokenUseView | null
  readonly lastUse: TokenUseView | null
  /** RFC 3339 of the last use. */
  readonly lastUsed: string | null
  /** Always null: AMS's field for conference rooms. */
  readonly roomId: null
}

export interface TokenUseView extends Omit<TokenUse, 'at'> {
  readonly at: string
}

export function viewToken(token: Token, now: UnixSeconds, secret: string | null = null): TokenView {
  const last = token.lastUses.at(-1) ?? null
  return {
    id: token.id,
    tokenId: secret,
    app: token.app,
    streamId: token.streamId,
    type: token.type,
    state: tokenState(token, now),
    expireDate: token.expireDate,
    notBefore: token.notBefore,
    uses: token.uses,
    usesLeft: token.uses === null ? null : token.uses - token.used,
    ip: token.ip,
    maxSession: token.maxSession,
    note: token.note,
    createdAt: toRfc3339(token.createdAt),
    revokedAt: token.revokedAt === null ? null : toRfc3339(token.revokedAt),
    firstUse: viewUse(token.firstUse),
    lastUse: viewUse(last),
    lastUsed: last === null ? null : toRfc3339(last.at),
    roomId: null,
  }
}

function viewUse(use: TokenUse | null): TokenUseView | null {
  return use === null ? null : { ...use, at: toRfc3339(use.at) }
}
