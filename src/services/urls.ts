import { isGlob } from '../domain/stream-id.ts'
import type { TokenView } from '../domain/token.ts'
import type { Endpoints } from './endpoints.ts'

/** Each way in by its kind: a URL, or what to type for it. */
export type WaysIn = Readonly<Record<string, string>>

/** A moving picture and a tone that ffmpeg makes itself, so that the line runs as it is. */
const TEST_SOURCE = '-re -f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000'
const ENCODER = '-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 50 -c:a aac'

/** Every way in for a token that was just minted; of a glob, `*` and `?` are for the reader to replace. */
export function waysIn(token: TokenView, endpoints: Endpoints): WaysIn {
  const others = token.type === 'publish' ? publishWays(token, endpoints) : playWays(token, endpoints)
  const all: Ways = [['link', shareLink(token, endpoints)], ...others]
  return Object.fromEntries(all.flatMap(([kind, way]) => (way ? [[kind, way]] : [])))
}

/** One `kind TAB url` line each. */
export function renderWays(ways: WaysIn): string {
  return Object.entries(ways)
    .map(([kind, url]) => `${kind}\t${url}`)
    .join('\n')
}

/** What to tell of URLs that cannot be used as they are. */
export function urlNotes(streamId: string, endpoints: Endpoints): string[] {
  const notes: string[] = []
  if (endpoints.assumed) {
    notes.push('no daemon is running and public-url is not set: the URLs assume this machine and the default ports')
  }
  if (endpoints.everywhere) {
    notes.push('localhost in the URLs works on this machine only: say how others reach it by settings set public-url')
  }
  if (isGlob(streamId)) notes.push(`put the name of one stream where the URLs say ${streamId}`)
  return notes
}

/**
 * The page to send to a person: to watch, or to broadcast from. The token stands in the fragment, which no server, bot
 * or log ever sees. Null where there is no HTTP door, or the token is not for one stream.
 */
export function shareLink(token: TokenView, { http, https }: Endpoints): string | null {
  const origin = https ?? http
  if (origin === null || isGlob(token.streamId) || token.tokenId === null) return null
  const page = `${origin}/w/${encodeURIComponent(token.app)}/${encodeURIComponent(token.streamId)}`
  return `${page}${token.type === 'publish' ? '?publish' : ''}#${encodeURIComponent(token.tokenId)}`
}

type Ways = readonly (readonly [kind: string, way: string | null | undefined])[]

function publishWays(token: TokenView, endpoints: Endpoints): Ways {
  const key = streamKey(token)
  const server = endpoints.rtmp && `rtmp://${endpoints.rtmp}/${encodeURIComponent(token.app)}`
  const rtmp = server && `${server}/${key}`
  return [
    ['rtmp', rtmp],
    ['rtmps', endpoints.rtmps && `rtmps://${endpoints.rtmps}/${encodeURIComponent(token.app)}/${key}`],
    ['obs-server', server],
    ['obs-key', server && key],
    ['ffmpeg', rtmp && `ffmpeg ${TEST_SOURCE} ${ENCODER} -f flv '${rtmp}'`],
  ]
}

function playWays(token: TokenView, endpoints: Endpoints): Ways {
  const app = encodeURIComponent(token.app)
  const key = streamKey(token)
  const file = (suffix: string) => `/${app}/streams/${encodeURIComponent(token.streamId)}${suffix}?${credential(token)}`
  const at = (origin: string | null, suffix: string) => origin && `${origin}${file(suffix)}`
  const rtmp = endpoints.rtmp && `rtmp://${endpoints.rtmp}/${app}/${key}`
  const http = at(endpoints.http, '.flv')
  const https = at(endpoints.https, '.flv')
  const best = http ?? https ?? rtmp
  return [
    ['rtmp', rtmp],
    ['rtmps', endpoints.rtmps && `rtmps://${endpoints.rtmps}/${app}/${key}`],
    ['hls', at(endpoints.http, '.m3u8')],
    ['https-hls', at(endpoints.https, '.m3u8')],
    ['http-flv', http],
    ['ws-flv', http?.replace(/^http/, 'ws')],
    ['https-flv', https],
    ['wss-flv', https?.replace(/^http/, 'ws')],
    ['ffplay', best && `ffplay -fflags nobuffer '${best}'`],
  ]
}

/** What OBS calls the stream key. */
function streamKey(token: TokenView): string {
  return `${encodeURIComponent(token.streamId)}?${credential(token)}`
}

function credential(token: TokenView): string {
  return `token=${encodeURIComponent(token.tokenId ?? '')}`
}
