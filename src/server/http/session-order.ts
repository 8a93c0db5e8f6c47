import type { FastifyRequest } from 'fastify'
import type { AccessRequest } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import { parseStreamId } from '../../domain/stream-id.ts'
import { TOKEN_TYPES, type TokenType } from '../../domain/token.ts'
import { VIDEO_CODEC_NAMES } from '../../media/packet.ts'
import { credentialFrom } from '../credential.ts'
import { readJsonObject } from '../json-object.ts'
import { accessRequest } from './access.ts'

/** What a page asks of `POST /{app}/rest/session`. */
export interface SessionOrder {
  readonly question: AccessRequest
  /** STREAM_NOT_LIVE, and nothing spent, while nobody publishes. */
  readonly whenLive: boolean
  /** STREAM_BUSY, and nothing spent, while somebody publishes; false for a viewer, who takes no name. */
  readonly whenFree: boolean
  /** CODEC_UNSUPPORTED, and nothing spent, where the live stream has another video codec; null: any will do. */
  readonly codecs: readonly string[] | null
  /** False: only judges, as HEAD does; an open session stays as it is. */
  readonly spend: boolean
  /** Hands the session out in the body, and not as a cookie. */
  readonly session: boolean
}

/** BAD_REQUEST, BAD_VALUE. */
export function readSessionOrder(
  { raw, body }: FastifyRequest<{ Body: string | undefined }>,
  app: string,
  trustedProxies: readonly string[],
): SessionOrder {
  const { streamId, type, token, whenLive, whenFree, codecs, spend, session } = readJsonObject(body ?? '')
  const place = { app, streamId: parseStreamId(typeof streamId === 'string' ? streamId : ''), type: readType(type) }
  const shown = { ...(typeof token === 'string' ? { token } : typeof session === 'string' && { session }) }
  const credential = credentialFrom(new URLSearchParams(shown))
  return {
    question: accessRequest(raw, place, { protocol: 'http', trustedProxies, credential }),
    whenLive: whenLive === true,
    whenFree: whenFree === true && place.type === 'publish',
    codecs: readCodecs(codecs),
    spend: spend !== false,
    session: session === true || typeof session === 'string',
  }
}

function readCodecs(codecs: unknown): readonly string[] | null {
  if (codecs === undefined) return null
  const known = [...VIDEO_CODEC_NAMES]
  if (Array.isArray(codecs) && codecs.length <= known.length && codecs.every((codec) => known.includes(codec))) {
    return codecs
  }
  throw new AmsctlError('BAD_VALUE', `codecs must be a list of ${known.join(', ')}`)
}

function readType(type: unknown): TokenType {
  const known = TOKEN_TYPES.find((candidate) => candidate === type)
  if (known) return known
  throw new AmsctlError('BAD_VALUE', 'type must be publish or play')
}
