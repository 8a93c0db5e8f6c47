import type { ChalkInstance } from 'chalk'
import type { AuditEntry, AuditEvent } from '../domain/audit.ts'
import { escapeControls } from './escape.ts'

const BAD_NEWS: readonly AuditEvent[] = ['refuse', 'guess', 'record-fail']

/** The columns of `audit` in a pipe. */
export function auditLine(entry: AuditEntry): string {
  const { at, event, by, address, protocol, app, streamId, type, tokenId, sessionId, code, message } = entry
  return [at, event, by, address, protocol, app, streamId, type, tokenId, sessionId, code, message]
    .map((value) => escapeControls(value ?? ''))
    .join('\t')
}

/** One line for people: when, what, who, about what, why. */
export function auditSentence(entry: AuditEntry, colors: ChalkInstance): string {
  const { at, event, by, address, protocol, app, streamId, type, tokenId, sessionId, code, message, repeats } = entry
  const stream = streamId && `${app ?? ''}/${streamId}`
  const words = [
    by,
    address,
    protocol,
    type,
    stream,
    tokenId,
    sessionId,
    code,
    message,
    repeats && `(+${repeats} more)`,
  ]
  const paint = BAD_NEWS.includes(event) ? colors.red : colors.green
  const said = words.filter(Boolean).map((word) => escapeControls(String(word)))
  return [at, paint(event.padEnd(8)), ...said].join(' ')
}
