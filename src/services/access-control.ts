import type { AccessRequest, Refusal } from '../domain/access.ts'
import type { EndReason, Session } from '../domain/session.ts'
import type { UnixSeconds } from '../domain/units.ts'

/** What a protocol hands over as it spends, so that the session can be ended and counted. */
export interface Connection {
  /** Ends the client at once and in its protocol's way; called at most once, and not after {@link Admission.leave}. */
  close(reason: EndReason): void
  /** Bytes of media delivered to a viewer, or received from a publisher, so far. */
  bytes(): number
}

/** A use held for one client while its protocol makes sure that it can serve it. Exactly one of the two calls follows. */
export interface Attempt {
  readonly ok: true
  /** Spends durably; resolves before any media may flow. A refusal means that nothing was spent. */
  spend(connection: Connection): Promise<Admission | Refusal>
  /**
   * Spends durably for a session that lives between requests, such as HLS. Its holder is known by `secret`; null where
   * none is needed, token control being off.
   */
  keep(): Promise<KeptSession | Refusal>
  /** Lets the use go: the stream is not live, the name is busy, the client is gone. */
  release(): void
}

export interface KeptSession {
  readonly ok: true
  readonly secret: string | null
  /** When `--max-session` ends it; null: only its idle limit does. */
  readonly endsAt: UnixSeconds | null
}

/** One request of a kept session, while it is answered. */
export interface Visit {
  readonly ok: true
  /** Whose request it is; null: token control is off. */
  readonly sessionId: string | null
  /** Aborts when the session ends: the answer must stop at once. */
  readonly signal: AbortSignal
  /** Counts bytes of media delivered, and keeps the session from going idle. */
  delivered(bytes: number): void
  /** The answer is complete, or the client gone. Idempotent. */
  done(): void
}

/** The yes of the gate. */
export interface Admission {
  readonly ok: true
  readonly session: Session
  /** The client is gone: `lost` may be resumed within `reconnect-grace`, `ended` and `stream-ended` not. Idempotent. */
  leave(how: 'lost' | 'ended' | 'stream-ended'): void
}

/** The one authority that every door asks. */
export interface AccessControl {
  /** Judges and holds a use for {@link Attempt.spend}. A resumed publisher's older connection is closed here. */
  reserve(request: AccessRequest): Promise<Attempt | Refusal>
  /** Lets a request of a kept session in; a token alone is refused, for it would be spent by a mere part. */
  visit(request: AccessRequest): Promise<Visit | Refusal>
  /** Judges only: what HEAD asks. */
  peek(request: AccessRequest): Promise<{ readonly ok: true } | Refusal>
}
