import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AccessRequest } from '../../domain/access.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { parseStreamId } from '../../domain/stream-id.ts'
import type { Protocol } from '../../domain/token.ts'
import { playRequest } from './access.ts'
import { CORS } from './cors.ts'
import { errorHeaders, statusOf } from './error-response.ts'
import { handshakeRequest } from './foreign-page.ts'
import { HttpFlvDoor } from './http-flv.ts'
import type { Playback } from './playback.ts'
import type { StreamDoor } from './stream-door.ts'
import type { StreamPath } from './stream-path.ts'
import { WsFlvDoor } from './ws-flv.ts'

/** Live streams as FLV, over HTTP and WebSocket. */
export class FlvStreams implements StreamDoor {
  readonly #playback: Playback
  readonly #settings: () => SettingValues

  constructor(playback: Playback, settings: () => SettingValues) {
    this.#playback = playback
    this.#settings = settings
  }

  async answer(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    const question = this.#question(request, path, 'http-flv')
    if (request.method === 'HEAD') return this.#answerHead(response, question)
    await this.#playback.open(new HttpFlvDoor(response, request.socket), question)
  }

  /** Answers a WebSocket handshake that is sound. */
  async upgrade(request: IncomingMessage, socket: Socket, path: StreamPath): Promise<void> {
    const question = this.#question(request, path, 'ws-flv')
    const own = handshakeRequest(question, request.headers, this.#settings()['public-url'])
    await this.#playback.open(new WsFlvDoor(request, socket), own)
  }

  async #answerHead(response: ServerResponse, question: AccessRequest): Promise<void> {
    const failure = await this.#playback.probe(question)
    if (failure) response.writeHead(statusOf(failure), { ...errorHeaders(failure), ...CORS })
    else response.writeHead(200, { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store', ...CORS })
    response.end()
  }

  #question(request: IncomingMessage, { app, name }: StreamPath, protocol: Protocol): AccessRequest {
    const stream = { app, streamId: parseStreamId(name) }
    return playRequest(request, stream, { protocol, trustedProxies: this.#settings()['trusted-proxies'] })
  }
}
