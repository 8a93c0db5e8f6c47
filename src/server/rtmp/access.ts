import type { AccessRequest, Refusal } from '../../domain/access.ts'
import { isStreamId, printable } from '../../domain/stream-id.ts'
import type { Protocol, TokenType } from '../../domain/token.ts'
import { credentialFrom } from '../credential.ts'
import type { AmfValue } from './amf0.ts'

const LONGEST_NAME = 2048

/** A refusal in RTMP's words, for `onStatus`. */
export interface Denial {
  readonly ok: false
  readonly code: string
  readonly description: string
}

/** Who asks, and where. */
export interface Asker {
  readonly type: TokenType
  readonly protocol: Protocol
  readonly address: string
  readonly userAgent: string | null
  readonly apps: readonly string[]
}

const REFUSED = { publish: 'NetStream.Publish.BadName', play: 'NetStream.Play.Failed' } as const
const NO_SUCH_STREAM = 'NetStream.Play.StreamNotFound'

/** Reads app and stream name as encoders send them: with queries, slashes, spaces and escapes at either end. */
export function readRequest(appText: AmfValue, nameText: AmfValue | undefined, asker: Asker): AccessRequest | Denial {
  const first = readName(appText)
  const second = readName(nameText)
  if (!first || !second) return deny(asker.type, 'app and stream name must be text, percent-escapes included')
  // FFmpeg takes all up to the last slash for the app, so that one at the end puts the stream name there.
  const [app = '', ...rest] = [...first.segments, ...second.segments]
  const streamId = rest.join('/')
  if (streamId === '') return deny(asker.type, 'empty stream name: is there a space in the URL?')
  if (!asker.apps.includes(app)) return denyUnknownApp(asker.type, app)
  if (!isStreamId(streamId)) {
    return deny(asker.type, `"${printable(streamId)}" is not a stream name; use 1 to 128 of A-Z a-z 0-9 _ . -`)
  }
  const { type, protocol, address, userAgent } = asker
  const credential = credentialFrom(new URLSearchParams([...first.params, ...second.params]))
  return { app, streamId, type, protocol, address, userAgent, credential }
}

export function denyRefused(type: TokenType, refusal: Refusal): Denial {
  return deny(type, refusal.message)
}

export function denyBusy(): Denial {
  return deny('publish', 'already publishing: somebody else has that name')
}

export function denyNotLive(): Denial {
  return { ok: false, code: NO_SUCH_STREAM, description: 'stream not found: nobody is publishing it' }
}

export function denyFailed(type: TokenType): Denial {
  return deny(type, 'the server failed to answer; try again')
}

export function deny(type: TokenType, description: string): Denial {
  return { ok: false, code: REFUSED[type], description }
}

function denyUnknownApp(type: TokenType, app: string): Denial {
  const description = `app not found: "${printable(app)}"`
  return { ok: false, code: type === 'play' ? NO_SUCH_STREAM : REFUSED.publish, description }
}

interface Name {
  readonly segments: readonly string[]
  readonly params: URLSearchParams
}

function readName(value: AmfValue | undefined): Name | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_NAME) return undefined
  const text = value.trim()
  const mark = text.indexOf('?')
  const path = decode(mark < 0 ? text : text.slice(0, mark))
  if (path === undefined) return undefined
  const segments = path.split('/').map((segment) => segment.trim())
  return { segments: segments.filter(Boolean), params: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)) }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // An escape that is none, such as %zz.
    return undefined
  }
}
