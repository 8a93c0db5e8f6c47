import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Milliseconds } from '../../domain/units.ts'
import { cutOff } from './connections.ts'
import { CORS } from './cors.ts'

/** A client that takes nothing for so long is gone. */
const LONGEST_STALL: Milliseconds = 30_000
/** Playlists are small and many, so the time to pack them counts. */
const GZIP = { level: constants.Z_BEST_SPEED, windowBits: 12, memLevel: 5 } as const

const packed = promisify<string, object, Buffer>(gzip)

/** Answers with a playlist, which holds a session and changes all the time. */
export async function sendPlaylist(
  request: IncomingMessage,
  response: ServerResponse,
  playlist: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const packs = acceptsGzip(request)
  const body = packs ? await packed(playlist, GZIP) : Buffer.from(playlist)
  if (response.destroyed) return
  response.writeHead(200, {
    ...PLAYLIST_HEADERS,
    ...(packs && { 'Content-Encoding': 'gzip' }),
    'Content-Length': body.length,
    ...headers,
  })
  response.end(body)
}

export const PLAYLIST_HEADERS = {
  'Content-Type': 'application/vnd.apple.mpegurl',
  'Cache-Control': 'no-store',
  Vary: 'Accept-Encoding',
  ...CORS,
} as const

/** Answers with media, and stops in the middle of it when `end` aborts. */
export function sendMedia(request: IncomingMessage, response: ServerResponse, media: Buffer, end: AbortSignal): void {
  const cut = () => cutOff(request.socket)
  end.addEventListener('abort', cut)
  request.once('close', () => end.removeEventListener('abort', cut))
  response.setTimeout(LONGEST_STALL, cut)
  response.writeHead(200, {
    'Content-Type': 'video/mp4',
    'Content-Length': media.length,
    // Its address holds a session, and its name is never given to anything else.
    'Cache-Control': 'private, max-age=60, immutable',
    ...CORS,
  })
  response.end(media)
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  const codings = String(headers['accept-encoding'] ?? '').split(',')
  return codings.some((coding) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding))
}
