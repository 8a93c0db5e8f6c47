import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import { isEncrypted } from './client-address.ts'
import { type Failure, refusalToFailure } from './error-response.ts'
import { isForeignPage } from './foreign-page.ts'
import { NOT_LIVE } from './playback.ts'
import { refuseOtherMethods, send } from './routes.ts'
import { sessionCookie } from './session-cookie.ts'
import { readSessionOrder, type SessionOrder } from './session-order.ts'

export interface SessionRouteOptions {
  readonly access: AccessControl
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly hub: Pick<MediaHub, 'find' | 'claim'>
}

const PATH = '/:app/rest/session'
const BUSY: Failure = { code: 'STREAM_BUSY', message: 'somebody publishes under that name; the token is unspent' }

/**
 * `POST /{app}/rest/session {streamId, type, token, whenLive?, whenFree?, codecs?, spend?, session?}`: spends the token
 * for a cookie, so that a reload goes on.
 *
 * A page in a frame of another site has no cookies: SameSite=Lax keeps them out, and SameSite=None would need TLS and
 * let any page ride on them. It asks with `session: true` and gets the secret to hold in its tab, to be shown to the
 * doors as `session=`. Only a page of this origin can read the answer, for there is no CORS here.
 */
export function sessionRoute(options: SessionRouteOptions): FastifyPluginAsync {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    server.post<{ Params: { app: string }; Body: string | undefined }>(PATH, (request, reply) =>
      openSession(request, reply, options),
    )
    refuseOtherMethods(server, PATH, ['POST'])
  }
}

async function openSession(
  request: FastifyRequest<{ Params: { app: string }; Body: string | undefined }>,
  reply: FastifyReply,
  options: SessionRouteOptions,
): Promise<FastifyReply> {
  const { app } = request.params
  if (!options.apps.includes(app)) throw new AmsctlError('NOT_FOUND', 'no such app here')
  const { 'trusted-proxies': trusted, 'public-url': publicUrl } = options.settings()
  refuseForeignPages(request.raw, publicUrl)
  const order = readSessionOrder(request, app, trusted)
  reply.header('Cache-Control', 'no-store')
  const kept = await keep(order, options)
  if ('code' in kept) return send(reply, kept)
  const handed = order.session && kept.secret !== null ? { session: kept.secret } : {}
  if (kept.secret !== null && !order.session) {
    reply.header('Set-Cookie', sessionCookie(order.question, kept.secret, isEncrypted(request.raw, trusted)))
  }
  return reply.send({ success: true, message: '', dataId: '', errorId: 0, ...handed })
}

async function keep(
  order: SessionOrder,
  { access, hub }: SessionRouteOptions,
): Promise<{ readonly secret: string | null } | Failure> {
  const { question, spend, whenFree } = order
  if (!spend) {
    const verdict = await access.peek(question)
    if (!verdict.ok) return refusalToFailure(verdict)
    return obstacleFor(order, hub) ?? { secret: null }
  }
  const attempt = await access.reserve(question)
  if (!attempt.ok) return refusalToFailure(attempt)
  const obstacle = obstacleFor(order, hub)
  if (obstacle) {
    attempt.release()
    return obstacle
  }
  const name = whenFree ? hub.claim(question.app, question.streamId) : undefined
  if (whenFree && !name) {
    attempt.release()
    return BUSY
  }
  try {
    const kept = await attempt.keep()
    return kept.ok ? kept : refusalToFailure(kept)
  } finally {
    name?.release()
  }
}

/** Why who may watch would see nothing now. */
function obstacleFor({ question, whenLive, codecs }: SessionOrder, hub: Pick<MediaHub, 'find'>): Failure | undefined {
  const stream = hub.find(question.app, question.streamId)
  if (!stream) return whenLive ? NOT_LIVE : undefined
  const { videoCodec } = stream
  if (videoCodec === null || !codecs || codecs.includes(videoCodec)) return undefined
  return { code: 'CODEC_UNSUPPORTED', message: `the stream is ${videoCodec}; the token is unspent` }
}

/** A form of another site could give its visitor a session of that site's choosing. */
function refuseForeignPages({ headers }: IncomingMessage, publicUrl: string): void {
  if (!isForeignPage(headers, publicUrl)) return
  throw new AmsctlError('ACCESS_DENIED', 'only pages of this server may open a session')
}
