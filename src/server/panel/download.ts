import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRecordingFile } from '../../domain/recording.ts'
import type { Visit } from '../../services/access-control.ts'
import type { Login } from '../../services/logins.ts'
import { sendFailure } from '../http/error-response.ts'
import { refuseOtherMethods, send } from '../http/routes.ts'
import { sendFile, sendHead } from '../http/vod-file.ts'
import { mayRead, type PanelOptions } from './access.ts'

const PATH = '/panel/api/download/:app/:file'
const READ = ['GET', 'HEAD'] as const

interface Download {
  Params: { app: string; file: string }
  Querystring: { download?: unknown }
}

/** `GET /panel/api/download/{app}/{file}`: a recording for who is logged in, to play or, by `?download=1`, to keep. */
export function downloadRoutes(server: FastifyInstance, options: PanelOptions): void {
  server.route<Download>({
    method: [...READ],
    url: PATH,
    handler: (request, reply) => download(request, reply, options),
  })
  refuseOtherMethods(server, PATH, READ)
}

async function download(
  request: FastifyRequest<Download>,
  reply: FastifyReply,
  options: PanelOptions,
): Promise<FastifyReply> {
  const login = mayRead(request, options)
  const { app, file } = request.params
  const isName = options.apps.includes(app) && isRecordingFile(file)
  const found = isName ? await options.library.find(app, file) : undefined
  if (!found) return send(reply, { code: 'RECORDING_NOT_FOUND', message: 'no such recording' })
  reply.hijack()
  const { raw } = reply
  raw.setHeader('X-Content-Type-Options', 'nosniff')
  raw.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  // The name is of letters, digits, dots, dashes and underscores.
  if (request.query.download === '1') raw.setHeader('Content-Disposition', `attachment; filename="${file}"`)
  const patience = options.settings()['session-idle-vod'] * 1000
  const failure =
    request.method === 'HEAD'
      ? await sendHead(request.raw, raw, found)
      : await sendFile(request.raw, raw, { file: found, visit: visitOf(login), patience })
  if (failure) sendFailure(raw, failure, {})
  return reply
}

/** It stops when the login ends. */
function visitOf({ signal }: Login): Visit {
  return { ok: true, sessionId: null, signal, delivered: () => {}, done: () => {} }
}
