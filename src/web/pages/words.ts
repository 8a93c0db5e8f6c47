import type { RefusalCode } from '../../domain/access.ts'
import type { Words } from './player/ports.ts'
import { UNREACHABLE } from './session.ts'

const ASK = 'Ask whoever sent it to you for a new one.'

/** A person needs no more than the reason; which token, stream or address it was is in the audit. */
const REFUSALS: Readonly<Record<RefusalCode, Words>> = {
  TOKEN_USED: { title: 'This link has been used', detail: `It opens the stream once, and that has happened. ${ASK}` },
  TOKEN_EXPIRED: { title: 'This link has expired', detail: `Its time has run out. ${ASK}` },
  TOKEN_UNKNOWN: { title: 'This link is not valid', detail: `It may have been cut off when it was copied. ${ASK}` },
  TOKEN_MALFORMED: { title: 'This link is not valid', detail: `It may have been cut off when it was copied. ${ASK}` },
  TOKEN_REVOKED: { title: 'Access was withdrawn', detail: 'Whoever gave out this link has taken it back.' },
  TOKEN_NOT_YET: { title: 'It is not time yet', detail: 'This link opens later. You can leave this page open.' },
  TOKEN_MISSING: { title: 'A personal link is needed', detail: 'This stream opens only with a link made for you.' },
  TOKEN_OTHER_STREAM: { title: 'This link is for another stream', detail: 'It does not open the one asked for here.' },
  TOKEN_OTHER_APP: { title: 'This link is for another stream', detail: 'It does not open the one asked for here.' },
  TOKEN_OTHER_ADDRESS: {
    title: 'This link is for another network',
    detail: 'It works only from the address that it was made for. A VPN or mobile data may be in the way.',
  },
  TOKEN_RESERVED: { title: 'Somebody is opening this link', detail: 'Trying again in a moment.' },
  SESSION_INVALID: { title: 'Your access has ended', detail: 'It was withdrawn, or its time has run out.' },
  TOKEN_OTHER_TYPE: {
    title: 'This link is for something else',
    detail: 'It is to broadcast and not to watch, or the reverse.',
  },
  SESSION_MISSING: { title: 'Your access has ended', detail: 'It was withdrawn, or its time has run out.' },
  ADDRESS_NOT_ALLOWED: { title: 'Not from this network', detail: 'The server takes no publishers from your address.' },
  TOO_MANY_GUESSES: { title: 'Too many attempts', detail: 'The server takes no more from your network for a minute.' },
  STORE_FAILED: { title: 'The server has a problem', detail: 'Your link is still good. Trying again by itself.' },
}

const OBSTACLES: Readonly<Record<string, Words>> = {
  ACCESS_DENIED: { title: 'Not from this page', detail: 'The server does not serve the address of this page.' },
  STREAM_NOT_LIVE: {
    title: 'The stream has not begun',
    detail: 'It starts here by itself as soon as it is live. You can leave this page open.',
  },
  STREAM_BUSY: { title: 'Somebody is live already', detail: 'Another broadcast runs under this name.' },
  TOO_MANY_CONNECTIONS: { title: 'Too many people at once', detail: 'The server is full. Trying again by itself.' },
  SERVER_BUSY: { title: 'Too many people at once', detail: 'The server is busy. Trying again by itself.' },
  DAEMON_DOWN: { title: 'The server is restarting', detail: 'Trying again by itself.' },
  WEBRTC_UNAVAILABLE: { title: 'No WebRTC here', detail: 'This server takes no broadcasts from a browser.' },
  CODEC_UNSUPPORTED: { title: 'No common codec', detail: 'This browser cannot send H.264, which the server needs.' },
  NOT_CONNECTED: { title: 'No connection', detail: 'A firewall may block UDP on the way to the server.' },
  NOT_FOUND: { title: 'Nothing is here', detail: 'The server knows no such address.' },
  BAD_VALUE: { title: 'No such stream', detail: 'The address of this page names no stream.' },
  [UNREACHABLE]: { title: 'No connection to the server', detail: 'Going on by itself when it can be reached again.' },
}

/** Passing obstacles: whoever meets one tries again, and nothing is spent. */
const PASSING = new Set([
  UNREACHABLE,
  'TOKEN_RESERVED',
  'TOKEN_NOT_YET',
  'STREAM_NOT_LIVE',
  'TOO_MANY_GUESSES',
  'TOO_MANY_CONNECTIONS',
  'SERVER_BUSY',
  'DAEMON_DOWN',
  'STORE_FAILED',
])

export function isPassing(code: string): boolean {
  return PASSING.has(code)
}

/** What to tell a person of a refusal. */
export function wordsFor(code: string, message = ''): Words {
  return REFUSALS[code as RefusalCode] ?? OBSTACLES[code] ?? { title: 'That did not work', detail: message || code }
}

export const OFFLINE: Words = { title: 'You are offline', detail: 'Going on by itself when you are online again.' }
export const INTERRUPTED: Words = { title: 'The stream is interrupted', detail: 'It goes on here by itself.' }
export const ELSEWHERE: Words = {
  title: 'Playing in another tab',
  detail: 'One link plays in one place at a time.',
}
export const UNPLAYABLE: Words = {
  title: 'No picture came',
  detail: 'This browser may not be able to play the stream, or a firewall is in the way.',
}
export const UNFIT: Words = {
  title: 'This browser cannot play it',
  detail: 'Open the link in another browser; it is still good.',
}
export const UNDECODABLE: Words = {
  title: 'This browser cannot play this stream',
  detail: 'It lacks the codec of its video. A link that has not been used is still good: open it in another browser.',
}
export const CANNOT_BROADCAST: Words = {
  title: 'This browser cannot broadcast',
  detail: 'It lacks WebRTC or H.264. Open the link in another browser; it is still good.',
}
export const PUT_OUT: Words = {
  title: 'You were disconnected',
  detail: 'The operator of the stream ended your connection.',
}
