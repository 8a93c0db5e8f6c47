import { AmsctlError } from './errors.ts'
import type { Seconds, UnixSeconds } from './units.ts'

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const
const DURATION = /^(?:\d+[smhdw])+$/
const PART = /(\d+)([smhdw])/g
/** Beyond this a date no longer fits RFC 3339's four-digit year. */
const LAST_INSTANT: UnixSeconds = 253_402_300_799
const LONGEST: Seconds = 100 * 366 * UNITS.d

/** Reads `90s`, `15m`, `24h`, `7d`, `2w`, sums such as `1h30m`, and `0`; throws BAD_VALUE on anything else. */
export function parseDuration(text: string): Seconds {
  if (text === '0') return 0
  if (!DURATION.test(text)) {
    throw new AmsctlError('BAD_VALUE', `"${text}" is not a duration; write it as 90s, 15m, 24h, 7d or 2w`)
  }
  let total = 0
  for (const [, count, unit] of text.matchAll(PART)) total += Number(count) * UNITS[unit as keyof typeof UNITS]
  if (total > LONGEST) throw new AmsctlError('BAD_VALUE', `"${text}" is over 100 years; use "never" for no end`)
  return total
}

/** The shortest text that {@link parseDuration} reads back as `span`. */
export function formatDuration(span: Seconds): string {
  if (span === 0) return '0'
  let rest = span
  let text = ''
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / UNITS[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * UNITS[unit]
  }
  return text
}

/** A span as people read it at a glance: its two largest units, `3d4h`, `59m30s`, `0s`. */
export function roughDuration(span: Seconds): string {
  const parts = formatDuration(Math.max(0, Math.floor(span))).match(/\d+[a-z]/g) ?? ['0s']
  return parts.slice(0, 2).join('')
}

/**
 * Reads a moment in the future: a duration from `now`, RFC 3339, or unix seconds.
 * @returns `null` for `never`
 * @throws BAD_VALUE for milliseconds (13 digits), for the past, and for anything unreadable
 */
export function parseMoment(text: string, now: UnixSeconds): UnixSeconds | null {
  if (text === 'never') return null
  const at = readMoment(text, now)
  if (at > LAST_INSTANT) throw new AmsctlError('BAD_VALUE', `"${text}" is after the year 9999; use "never" for no end`)
  if (at <= now) throw new AmsctlError('BAD_VALUE', `"${text}" is in the past (${new Date(at * 1000).toISOString()})`)
  return at
}

function readMoment(text: string, now: UnixSeconds): UnixSeconds {
  if (/^\d{13}$/.test(text)) {
    throw new AmsctlError('BAD_VALUE', `"${text}" has 13 digits and so is in milliseconds; expireDate is in seconds`)
  }
  if (/^\d{1,12}$/.test(text)) return Number(text)
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)) {
    const at = Date.parse(text)
    if (!Number.isNaN(at)) return Math.floor(at / 1000)
  }
  if (DURATION.test(text)) return now + parseDuration(text)
  throw new AmsctlError(
    'BAD_VALUE',
    `"${text}" is not a time; write a duration (90s 15m 24h 7d 2w), 2026-12-31T20:00:00Z, unix seconds, or never`,
  )
}
