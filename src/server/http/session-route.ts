import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AccessRequest } from '../../domain/access.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { parseStreamId } from '../../domain/stream-id.ts'
import { TOKEN_TYPES, type TokenType } from '../../domain/token.ts'
import type { AccessControl } from '../../services/access-control.ts'
import { credentialFrom } from '../credential.ts'
import { readJsonObject } from '../json-object.ts'
import { accessRequest } from './access.ts'
import { isEncrypted } from './client-address.ts'
import { refusalToFailure } from './error-response.ts'
import { refuseOtherMethods, send } from './routes.ts'
import { sessionCookie } from './session-cookie.ts'

export interface SessionRouteOptions {
  readonly access: AccessControl
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
}

const PATH = '/:app/rest/session'

/** `POST /{app}/rest/session {streamId, type, token}`: spends the token for a cookie, so that a reload goes on. */
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
  { access, apps, settings }: SessionRouteOptions,
): Promise<FastifyReply> {
  const { app } = request.params
  if (!apps.includes(app)) throw new AmsctlError('NOT_FOUND', 'no such app here')
  const trusted = settings()['trusted-proxies']
  const question = readOrder(request, app, trusted)
  const attempt = await access.reserve(question)
  const kept = attempt.ok ? await attempt.keep() : attempt
  reply.header('Cache-Control', 'no-store')
  if (!kept.ok) return send(reply, refusalToFailure(kept))
  if (kept.secret !== null) {
    reply.header('Set-Cookie', sessionCookie(question, kept.secret, isEncrypted(request.raw, trusted)))
  }
  return reply.send({ success: true, message: '', dataId: '', errorId: 0 })
}

function readOrder(
  { raw, body }: FastifyRequest<{ Body: string | undefined }>,
  app: string,
  trustedProxies: readonly string[],
): AccessRequest {
  const { streamId, type, token } = readJsonObject(body ?? '')
  const place = { app, streamId: parseStreamId(typeof streamId === 'string' ? streamId : ''), type: readType(type) }
  const credential = credentialFrom(new URLSearchParams(typeof token === 'string' ? { token } : {}))
  return accessRequest(raw, place, { protocol: 'http', trustedProxies, credential })
}

function readType(type: unknown): TokenType {
  const known = TOKEN_TYPES.find((candidate) => candidate === type)
  if (known) return known
  throw new AmsctlError('BAD_VALUE', 'type must be publish or play')
}
