import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { AmsctlError } from '../../domain/errors.ts'
import type { Log } from '../../services/log.ts'
import { CORS, PREFLIGHT } from './cors.ts'
import { describeBug, endWithFailure, type Failure, failureOf } from './error-response.ts'
import type { FlvStreams } from './flv-streams.ts'
import { refuse, type StreamDoor } from './stream-door.ts'
import type { StreamPath, StreamPathKind } from './stream-path.ts'
import { handshakeFault } from './ws-flv.ts'

interface Dependencies {
  readonly apps: readonly string[]
  readonly log: Log
  readonly doors: Readonly<Partial<Record<StreamPathKind, StreamDoor>>> & { readonly flv: FlvStreams }
}

/** Every address of a stream: what holds for all of them, and then the door of its kind. */
export class Streams {
  readonly #apps: readonly string[]
  readonly #log: Log
  readonly #doors: Dependencies['doors']

  constructor({ apps, log, doors }: Dependencies) {
    this.#apps = apps
    this.#log = log
    this.#doors = doors
  }

  /** Answers any method on the address of a stream. */
  async serve(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    if (request.method === 'OPTIONS') return void response.writeHead(204, PREFLIGHT).end()
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request)
      if (hasBody(request)) throw badRequest('a request for a stream has no body')
      await this.#doorOf(path).answer(request, response, path)
    } catch (error) {
      refuse(response, this.#explain(error))
    }
  }

  /** Answers a WebSocket handshake at the address of a stream. */
  async upgrade(request: IncomingMessage, socket: Socket, path: StreamPath): Promise<void> {
    const fault = handshakeFault(request)
    if (fault !== undefined) {
      return endWithFailure(socket, failureOf(badRequest(fault)), { 'Sec-WebSocket-Version': '13' })
    }
    try {
      if (path.kind !== 'flv') throw new AmsctlError('NOT_FOUND', 'WebSocket is served at .flv addresses')
      this.#doorOf(path)
      await this.#doors.flv.upgrade(request, socket, path)
    } catch (error) {
      endWithFailure(socket, this.#explain(error), CORS)
    }
  }

  #doorOf({ app, kind }: StreamPath): StreamDoor {
    if (!this.#apps.includes(app)) throw new AmsctlError('NOT_FOUND', `no app "${app}" here`)
    const door = this.#doors[kind]
    if (!door) throw new AmsctlError('NOT_FOUND', 'nothing at this address')
    return door
  }

  #explain(error: unknown): Failure {
    const failure = failureOf(error)
    if (failure.code === 'INTERNAL') this.#log.error(describeBug(error), 'a request for a stream failed')
    return failure
  }
}

function methodNotAllowed({ method }: IncomingMessage): AmsctlError {
  return new AmsctlError('METHOD_NOT_ALLOWED', `${method} is not served here; a stream is played with GET`)
}

function badRequest(message: string): AmsctlError {
  return new AmsctlError('BAD_REQUEST', message)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
