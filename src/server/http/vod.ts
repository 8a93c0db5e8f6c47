import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessRequest } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { printable } from '../../domain/stream-id.ts'
import type { StoredFile, VodLibrary } from '../../media/recording/ports.ts'
import type { AccessControl, KeptSession } from '../../services/access-control.ts'
import { playRequest } from './access.ts'
import { isEncrypted } from './client-address.ts'
import { CORS } from './cors.ts'
import { type Failure, refusalToFailure } from './error-response.ts'
import { sessionCookie } from './session-cookie.ts'
import { refuse, type StreamDoor } from './stream-door.ts'
import { queryOf, type StreamPath } from './stream-path.ts'
import { sendFile, sendHead } from './vod-file.ts'

interface Dependencies {
  readonly access: AccessControl
  readonly library: VodLibrary
  readonly settings: () => SettingValues
}

const NOT_FOUND: Failure = { code: 'RECORDING_NOT_FOUND', message: 'no such recording; the token is unspent' }

/** Recordings on demand: a token is spent for a session, and the session fetches the file in as many parts as it likes. */
export class VodFiles implements StreamDoor {
  readonly #access: AccessControl
  readonly #library: VodLibrary
  readonly #settings: () => SettingValues

  constructor({ access, library, settings }: Dependencies) {
    this.#access = access
    this.#library = library
    this.#settings = settings
  }

  async answer(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void> {
    const place = { app: path.app, file: `${path.name}.mp4` }
    const exchange = { request, response, place, question: this.#question(request, place) }
    const failure = await this.#serve(exchange)
    if (failure) refuse(response, failure)
  }

  #serve(exchange: Exchange): Promise<Failure | undefined> {
    const { request, question } = exchange
    if (request.method === 'HEAD') return this.#describe(exchange)
    return question.credential?.kind === 'token' ? this.#enter(exchange) : this.#deliver(exchange)
  }

  /** HEAD spends nothing; the AMS player sends it first. */
  async #describe(exchange: Exchange): Promise<Failure | undefined> {
    const { request, response, question } = exchange
    const answer = await this.#access.peek(question)
    if (!answer.ok) return refusalToFailure(answer)
    const file = await this.#find(exchange)
    return file ? sendHead(request, response, file) : NOT_FOUND
  }

  async #enter(exchange: Exchange): Promise<Failure | undefined> {
    const attempt = await this.#access.reserve(exchange.question)
    if (!attempt.ok) return refusalToFailure(attempt)
    const file = await this.#find(exchange).catch((error) => {
      attempt.release()
      throw error
    })
    if (!file || exchange.response.destroyed) {
      attempt.release()
      return NOT_FOUND
    }
    const kept = await attempt.keep()
    if (!kept.ok) return refusalToFailure(kept)
    if (kept.secret === null) return this.#deliver(exchange)
    this.#redirect(exchange, kept, kept.secret)
    return undefined
  }

  async #deliver(exchange: Exchange): Promise<Failure | undefined> {
    const { request, response, question } = exchange
    const visit = await this.#access.visit(question)
    if (!visit.ok) return refusalToFailure(visit)
    try {
      const file = await this.#find(exchange)
      const patience = this.#settings()['session-idle-vod'] * 1000
      return file ? await sendFile(request, response, { file, visit, patience }) : NOT_FOUND
    } finally {
      visit.done()
    }
  }

  /** Players that forget cookies go back to the first address for each seek; so the answer is theirs to remember. */
  #redirect({ request, response, question }: Exchange, { endsAt }: KeptSession, secret: string): void {
    const idle = Date.now() + this.#settings()['session-idle-vod'] * 1000
    const end = endsAt === null ? idle : Math.min(idle, endsAt * 1000)
    const encrypted = isEncrypted(request, this.#settings()['trusted-proxies'])
    response.writeHead(307, {
      Location: withSession(request.url ?? '', secret),
      'Set-Cookie': sessionCookie(question, secret, encrypted),
      'Cache-Control': 'private',
      Expires: new Date(end).toUTCString(),
      'Content-Length': 0,
      ...CORS,
    })
    response.end()
  }

  #question(request: IncomingMessage, { app, file }: Place): AccessRequest {
    const streamId = this.#library.ownerOf(app, file)
    if (streamId === undefined) {
      throw new AmsctlError('BAD_VALUE', `"${printable(file)}" is not the name of a recording, such as cam1.mp4`)
    }
    return playRequest(
      request,
      { app, streamId },
      { protocol: 'vod', trustedProxies: this.#settings()['trusted-proxies'] },
    )
  }

  /** Another stream may have taken the name while the gate was asked. */
  async #find({ place: { app, file }, question }: Exchange): Promise<StoredFile | undefined> {
    const found = await this.#library.find(app, file)
    return this.#library.ownerOf(app, file) === question.streamId ? found : undefined
  }
}

interface Place {
  readonly app: string
  readonly file: string
}

/** One request on its way. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly place: Place
  readonly question: AccessRequest
}

/** The same address with a session in the place of its token. */
function withSession(target: string, secret: string): string {
  const query = queryOf(target)
  query.delete('token')
  query.set('session', secret)
  return `${target.split('?', 1)[0]}?${query}`
}
