import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AccessRequest } from '../../domain/access.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { Protocol } from '../../domain/token.ts'
import { playRequest } from './access.ts'
import { CORS, PREFLIGHT, STREAM_METHODS } from './cors.ts'
import { endWithFailure, errorHeaders, type Failure, failureOf, sendFailure, statusOf } from './error-response.ts'
import { HttpFlvDoor } from './http-flv.ts'
import type { Playback } from './playback.ts'
import { type StreamPath, streamIdOf } from './stream-path.ts'
import { handshakeFault, WsFlvDoor } from './ws-flv.ts'

interface Dependencies {
  readonly playback: Playback
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
}

type Question = { readonly request: AccessRequest } | { readonly failure: Failure }

/** The addresses of live streams: `.flv` over HTTP and WebSocket. */
export class Streams {
  readonly #playback: Playback
  readonly #apps: readonly string[]
  readonly #settings: () => SettingValues

  constructor({ playback, apps, settings }: Dependencies) {
    this.#playback = playback
    this.#apps = apps
    this.#settings = settings
  }

  /** Answers any method on the address of a stream. */
  async serve(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    if (request.method === 'OPTIONS') return void response.writeHead(204, PREFLIGHT).end()
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, methodNotAllowed(request))
    if (hasBody(request)) return refuse(response, badRequest('a request for a stream has no body'))
    const question = this.#question(request, path, 'http-flv')
    if ('failure' in question) return refuse(response, question.failure)
    if (request.method === 'HEAD') return this.#answerHead(response, question.request)
    await this.#playback.open(new HttpFlvDoor(response, request.socket), question.request)
  }

  /** Answers a WebSocket handshake at the address of a stream. */
  async upgrade(request: IncomingMessage, socket: Socket, path: StreamPath): Promise<void> {
    const fault = handshakeFault(request)
    if (fault !== undefined) return endWithFailure(socket, badRequest(fault), { 'Sec-WebSocket-Version': '13' })
    const question = this.#question(request, path, 'ws-flv')
    if ('failure' in question) return endWithFailure(socket, question.failure, CORS)
    await this.#playback.open(new WsFlvDoor(request, socket), question.request)
  }

  async #answerHead(response: ServerResponse, request: AccessRequest): Promise<void> {
    const failure = await this.#playback.probe(request)
    if (failure) response.writeHead(statusOf(failure), { ...errorHeaders(failure), ...CORS })
    else response.writeHead(200, { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store', ...CORS })
    response.end()
  }

  #question(request: IncomingMessage, path: StreamPath, protocol: Protocol): Question {
    const { app } = path
    if (!this.#apps.includes(app)) return { failure: { code: 'NOT_FOUND', message: `no app "${app}" here` } }
    try {
      const how = { protocol, trustedProxies: this.#settings()['trusted-proxies'] }
      return { request: playRequest(request, { app, streamId: streamIdOf(path) }, how) }
    } catch (error) {
      return { failure: failureOf(error) }
    }
  }
}

function refuse(response: ServerResponse, failure: Failure): void {
  const allow = failure.code === 'METHOD_NOT_ALLOWED' && { Allow: STREAM_METHODS }
  sendFailure(response, failure, { ...CORS, ...allow })
}

function methodNotAllowed({ method }: IncomingMessage): Failure {
  return { code: 'METHOD_NOT_ALLOWED', message: `${method} is not served here; a stream is played with GET` }
}

function badRequest(message: string): Failure {
  return { code: 'BAD_REQUEST', message }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
