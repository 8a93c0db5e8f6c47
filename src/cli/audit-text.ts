import type { ChalkInstance } from 'chalk'
import type { AuditEntry } from '../services/ports.ts'
import { escapeControls } from './escape.ts'

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
  const paint = event === 'refuse' || event === 'guess' ? colors.red : colors.green
  const said = words.filter(Boolean).map((word) => escapeControls(String(word)))
  return [at, paint(event.padEnd(8)), ...said].join(' ')
}
