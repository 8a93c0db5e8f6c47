import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessRequest } from '../../domain/access.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { isStreamId, parseStreamId } from '../../domain/stream-id.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { HlsLibrary, HlsStream } from '../../media/hls/ports.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import { playRequest } from './access.ts'
import { isEncrypted } from './client-address.ts'
import { type Failure, refusalToFailure } from './error-response.ts'
import { PLAYLIST_HEADERS, sendPlaylist } from './hls-answer.ts'
import { NOT_LIVE, STOPPING } from './playback.ts'
import { sessionCookie } from './session-cookie.ts'
import { refuse, type StreamDoor } from './stream-door.ts'
import type { StreamPath } from './stream-path.ts'
import type { Waits } from './waits.ts'

/** How long the first playlist of a stream may take to be ready: shorter than a use is held. */
const READY_WITHIN: Milliseconds = 8000

const NOT_READY: Failure = {
  code: 'STREAM_NOT_READY',
  message: 'the stream is live, but there is not enough of it for a playlist yet; the token is unspent',
  retryAfter: 2,
}

/** The suffix with which Ant Media Server's player asks first. */
const ADAPTIVE = '_adaptive'

interface Dependencies {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly hls: HlsLibrary
  readonly waits: Waits
  readonly settings: () => SettingValues
}

/**
 * The master playlists, `{id}.m3u8`: the one address of HLS that a token opens. Everything below it is opened by the
 * session that the playlist hands out.
 */
export class HlsMaster implements StreamDoor {
  readonly #access: AccessControl
  readonly #hub: MediaHub
  readonly #hls: HlsLibrary
  readonly #waits: Waits
  readonly #settings: () => SettingValues

  constructor({ access, hub, hls, waits, settings }: Dependencies) {
    this.#access = access
    this.#hub = hub
    this.#hls = hls
    this.#waits = waits
    this.#settings = settings
  }

  async answer(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    const stream = { app: path.app, streamId: this.#streamIdOf(path) }
    const how = { protocol: 'hls', trustedProxies: this.#settings()['trusted-proxies'] } as const
    const question = playRequest(request, stream, how)
    const failure =
      request.method === 'HEAD'
        ? await this.#answerHead(response, question)
        : await this.#open(request, response, question)
    if (failure) refuse(response, failure)
  }

  /** `{id}_adaptive` is `{id}`, unless a stream of that very name exists. */
  #streamIdOf({ app, name }: StreamPath): string {
    const streamId = parseStreamId(name)
    const base = streamId.endsWith(ADAPTIVE) ? streamId.slice(0, -ADAPTIVE.length) : ''
    const exists = this.#hub.find(app, streamId) ?? this.#hls.find(app, streamId)
    return exists || !isStreamId(base) ? streamId : base
  }

  async #answerHead(response: ServerResponse, question: AccessRequest): Promise<Failure | undefined> {
    const verdict = await this.#access.peek(question)
    if (!verdict.ok) return refusalToFailure(verdict)
    if (!this.#find(question)) return NOT_LIVE
    response.writeHead(200, PLAYLIST_HEADERS).end()
    return undefined
  }

  async #open(
    request: IncomingMessage,
    response: ServerResponse,
    question: AccessRequest,
  ): Promise<Failure | undefined> {
    const attempt = await this.#access.reserve(question)
    if (!attempt.ok) return refusalToFailure(attempt)
    const stream = await this.#prepare(request, response, question).catch((error) => {
      attempt.release()
      throw error
    })
    if ('code' in stream) {
      attempt.release()
      return stream
    }
    const kept = await attempt.keep()
    if (!kept.ok) return refusalToFailure(kept)
    const { secret } = kept
    const master = stream.master(secret === null ? '' : `?session=${encodeURIComponent(secret)}`)
    await sendPlaylist(request, response, master, secret === null ? {} : this.#cookie(request, question, secret))
    return undefined
  }

  /** The HLS of a stream from which somebody who is still there can begin to play at once. */
  async #prepare(
    request: IncomingMessage,
    response: ServerResponse,
    question: AccessRequest,
  ): Promise<HlsStream | Failure> {
    const stream = this.#find(question)
    if (!stream) return NOT_LIVE
    const ready = await this.#waits.during({ request, response, sessionId: null }, (signal) =>
      Promise.race([stream.ready(READY_WITHIN), aborted(signal)]),
    )
    if (this.#waits.closed) return STOPPING
    return ready && !request.destroyed ? stream : NOT_READY
  }

  /** Nobody begins with a stream that has ended, though others may fetch the rest of it still. */
  #find({ app, streamId }: AccessRequest): HlsStream | undefined {
    return this.#hub.find(app, streamId) && this.#hls.find(app, streamId)
  }

  #cookie(request: IncomingMessage, question: AccessRequest, secret: string): Record<string, string> {
    const encrypted = isEncrypted(request, this.#settings()['trusted-proxies'])
    return { 'Set-Cookie': sessionCookie(question, secret, encrypted) }
  }
}

/** Resolves with false when `signal` aborts. */
function aborted(signal: AbortSignal): Promise<false> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false)))
}
