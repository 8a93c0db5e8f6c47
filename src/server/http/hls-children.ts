import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessRequest } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { parseStreamId } from '../../domain/stream-id.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { HlsLibrary, HlsStream, PlaylistRequest } from '../../media/hls/ports.ts'
import type { AccessControl, Visit } from '../../services/access-control.ts'
import { playRequest } from './access.ts'
import { type Failure, refusalToFailure } from './error-response.ts'
import { sendMedia, sendPlaylist } from './hls-answer.ts'
import { STOPPING } from './playback.ts'
import { refuse, type StreamDoor } from './stream-door.ts'
import { queryOf, type StreamPath } from './stream-path.ts'
import type { Waits } from './waits.ts'

const MEDIA_PLAYLIST = 'live.m3u8'
/** How long a viewer waits for the publisher to come back: players give up after ten seconds without an answer. */
const RETURNS_WITHIN: Milliseconds = 8000
const LOOKS_EACH: Milliseconds = 200

const NOT_LIVE: Failure = { code: 'STREAM_NOT_LIVE', message: 'the stream is not live' }

interface Dependencies {
  readonly access: AccessControl
  readonly hls: HlsLibrary
  readonly waits: Waits
  readonly settings: () => SettingValues
}

/** One request, let in. */
interface Guest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly question: AccessRequest
  readonly visit: Visit
}

/** Media playlists, init segments, segments and parts, `{id}/{child}`, for the session that the master handed out. */
export class HlsChildren implements StreamDoor {
  readonly #access: AccessControl
  readonly #hls: HlsLibrary
  readonly #settings: () => SettingValues
  readonly #waits: Waits

  constructor({ access, hls, waits, settings }: Dependencies) {
    this.#access = access
    this.#hls = hls
    this.#waits = waits
    this.#settings = settings
  }

  async answer(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    const stream = { app: path.app, streamId: parseStreamId(path.name) }
    const how = { protocol: 'hls', trustedProxies: this.#settings()['trusted-proxies'] } as const
    const question = playRequest(request, stream, how)
    const visit = await this.#access.visit(question)
    if (!visit.ok) return refuse(response, refusalToFailure(visit))
    request.once('close', () => visit.done())
    if (request.destroyed) return visit.done()
    await this.#serve({ request, response, question, visit }, path.child)
  }

  async #serve(guest: Guest, child: string): Promise<void> {
    const { app, streamId } = guest.question
    const find = () => this.#hls.find(app, streamId)
    // After a restart of the server its viewers are back before its publisher.
    const mayReturn = child === MEDIA_PLAYLIST && guest.visit.sessionId !== null
    const stream = find() ?? (mayReturn ? await this.#wait(guest, (signal) => appearance(find, signal)) : undefined)
    if (!stream) return refuse(guest.response, this.#waits.closed ? STOPPING : NOT_LIVE)
    if (child === MEDIA_PLAYLIST) await this.#servePlaylist(guest, stream)
    else await this.#serveMedia(guest, stream, child)
  }

  async #servePlaylist(guest: Guest, stream: HlsStream): Promise<void> {
    const wanted = playlistRequest(guest.request)
    const playlist = await this.#wait(guest, (signal) => stream.playlist(wanted, signal))
    if (playlist === 'bad-request') throw new AmsctlError('BAD_REQUEST', 'no such media sequence number or part is due')
    await sendPlaylist(guest.request, guest.response, playlist)
  }

  async #serveMedia(guest: Guest, stream: HlsStream, child: string): Promise<void> {
    const media = await this.#wait(guest, (signal) => stream.file(child, signal))
    if (!media) throw new AmsctlError('NOT_FOUND', 'not in the window of the stream, or not any more')
    if (guest.request.destroyed) return
    if (guest.request.method === 'GET') guest.visit.delivered(media.length)
    sendMedia(guest.request, guest.response, media, guest.visit.signal)
  }

  async #wait<T>({ request, response, visit }: Guest, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { sessionId, signal: end } = visit
    const result = await this.#waits.during({ request, response, sessionId, end }, work)
    if (end.aborted) throw new AmsctlError('SESSION_INVALID', 'this session is over')
    return result
  }
}

/** RFC 8216bis, section 6.2.5. */
function playlistRequest({ url = '' }: IncomingMessage): PlaylistRequest {
  const query = queryOf(url)
  const msn = wholeNumber(query, '_HLS_msn')
  const part = wholeNumber(query, '_HLS_part')
  const session = query.get('session')
  return {
    ...(msn !== undefined && { msn }),
    ...(part !== undefined && { part }),
    skip: query.has('_HLS_skip'),
    query: session ? `?session=${encodeURIComponent(session)}` : '',
  }
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new AmsctlError('BAD_REQUEST', `${name} is not a whole number`)
  return Number(text)
}

/** What `find` finds within a while. */
async function appearance<T>(find: () => T | undefined, signal: AbortSignal): Promise<T | undefined> {
  const deadline = performance.now() + RETURNS_WITHIN
  while (!signal.aborted && performance.now() < deadline) {
    const found = find()
    if (found) return found
    await sleep(LOOKS_EACH)
  }
  return undefined
}
