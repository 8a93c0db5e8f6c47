import { AmsctlError } from './errors.ts'

export const DEFAULT_APP = 'LiveApp'

const STREAM_ID = /^[A-Za-z0-9_.-]{1,128}$/
const GLOB = /^[A-Za-z0-9_.*?-]{1,128}$/
const APP = /^[A-Za-z0-9_-]{1,64}$/
/** First path segments that the HTTP server uses itself. */
const RESERVED_APPS = new Set(['rest', 'api', 'panel', 'w', 'metrics', 'healthz', 'ConsoleApp'])

export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text) && text !== '.' && text !== '..'
}

export function isGlob(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

export function isApp(text: string): boolean {
  return APP.test(text) && !RESERVED_APPS.has(text)
}

/** Returns `text` if it names streams for a token: an exact id or a glob of `*` and `?`. */
export function parseStreamPattern(text: string): string {
  if (isStreamId(text) || (isGlob(text) && GLOB.test(text))) return text
  throw new AmsctlError(
    'BAD_VALUE',
    `"${printable(text)}" is not a stream id; use 1 to 128 of A-Z a-z 0-9 _ . - (and * or ? for several streams)`,
  )
}

export function parseStreamId(text: string): string {
  if (isStreamId(text)) return text
  throw new AmsctlError('BAD_VALUE', `"${printable(text)}" is not a stream id; use 1 to 128 of A-Z a-z 0-9 _ . -`)
}

export function parseApp(text: string): string {
  if (isApp(text)) return text
  throw new AmsctlError(
    'BAD_VALUE',
    `"${printable(text)}" is not an app name; use 1 to 64 of A-Z a-z 0-9 _ -, and none of ${[...RESERVED_APPS].join(' ')}`,
  )
}

/** Whether a token for `pattern` opens the stream `streamId`; a glob matches the whole id. */
export function opensStream(pattern: string, streamId: string): boolean {
  if (!isGlob(pattern)) return pattern === streamId
  return matchGlob(pattern, streamId)
}

/** Linear in both lengths: only the last `*` is ever tried again. */
function matchGlob(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** `text` cut short and with control characters escaped, fit for a message or a log line. */
export function printable(text: string, limit = 64): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text
  return JSON.stringify(cut)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
}
