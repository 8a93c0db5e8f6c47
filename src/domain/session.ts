import type { SecretHash } from './secret.ts'
import type { Protocol, TokenType } from './token.ts'
import { toRfc3339, type UnixSeconds } from './units.ts'

/** What a spent token opened: one client at one stream. */
export interface Session {
  /** `ss_` and 12 of `[0-9a-z]`; safe to log. */
  readonly id: string
  /** Hash and public id of the token that opened it; null: let in without one, token control being off. */
  readonly tokenHash: SecretHash | null
  readonly tokenId: string | null
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
  readonly protocol: Protocol
  readonly address: string
  readonly userAgent: string | null
  readonly since: UnixSeconds
  /** Hash of the credential (cookie or `session=`) of a session opened over HTTP; null where the connection is the session. */
  readonly secretHash: SecretHash | null
  /** The CIDR its token was bound to. */
  readonly ip: string | null
  /** When `--max-session` ends it. */
  readonly endsAt: UnixSeconds | null
  readonly lastSeen: UnixSeconds
  /** Since when its connection has been gone without a clean end; null while it is up. */
  readonly lostAt: UnixSeconds | null
}

/** Why a session is over; `lost` alone may be resumed. */
export type EndReason =
  | 'ended'
  | 'lost'
  | 'kicked'
  | 'revoked'
  | 'expired'
  | 'idle'
  | 'replaced'
  | 'stream-ended'
  | 'shutdown'

/** The shape of `session list --json`. Fields are only ever added. */
export interface SessionView
  extends Pick<Session, 'id' | 'tokenId' | 'app' | 'streamId' | 'type' | 'protocol' | 'address' | 'userAgent'> {
  readonly since: string
  readonly lastSeen: string
  readonly bytes: number
  /** Let in without a token, token control having been off. */
  readonly open: boolean
}

export function viewSession(session: Session, bytes: number): SessionView {
  return {
    id: session.id,
    tokenId: session.tokenId,
    app: session.app,
    streamId: session.streamId,
    type: session.type,
    protocol: session.protocol,
    address: session.address,
    userAgent: session.userAgent,
    since: toRfc3339(session.since),
    lastSeen: toRfc3339(session.lastSeen),
    bytes,
    open: session.tokenHash === null,
  }
}
