export const AUDIT_EVENTS = [
  'admit',
  'refuse',
  'guess',
  'end',
  'redeem',
  'mint',
  'revoke',
  'prune',
  'setting',
  'apikey-create',
  'apikey-revoke',
  'kick',
  'login',
  'login-fail',
  'logout',
  'user-create',
  'user-passwd',
  'user-role',
  'user-delete',
  'record-start',
  'record-stop',
  'record-fail',
  'recording-delete',
  'start',
  'stop',
] as const
export type AuditEvent = (typeof AUDIT_EVENTS)[number]

export interface AuditEntry {
  /** RFC 3339 with milliseconds. */
  readonly at: string
  readonly event: AuditEvent
  /** Who acted: `client`, `cli`, `rest`, `user:NAME`, or the public id of the API key. */
  readonly by: string
  readonly address?: string | null
  readonly protocol?: string
  readonly app?: string
  readonly streamId?: string
  readonly type?: string
  readonly tokenId?: string | null
  readonly sessionId?: string
  /** Error code of a refusal, or why a session ended. */
  readonly code?: string
  readonly message?: string
  /** How often the same refusal came since the last line that told of it. */
  readonly repeats?: number
}

/** Which entries somebody looks for. */
export interface AuditFilter {
  /** Any of these. */
  readonly events?: readonly AuditEvent[]
  /** Entries whose streamId is literally this. */
  readonly streamId?: string
  /** Entries in any field of which this stands, whatever its case. */
  readonly text?: string
}

export function fitsAudit(entry: AuditEntry, { events, streamId, text = '' }: AuditFilter): boolean {
  if (events && !events.includes(entry.event)) return false
  if (streamId !== undefined && entry.streamId !== streamId) return false
  const wanted = text.toLowerCase()
  return (
    wanted === '' ||
    Object.values(entry).some((value) =>
      String(value ?? '')
        .toLowerCase()
        .includes(wanted),
    )
  )
}
