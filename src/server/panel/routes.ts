import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { refuseOtherMethods } from '../http/routes.ts'
import { mayRead, type PanelOptions } from './access.ts'
import { callRoutes } from './call.ts'
import { downloadRoutes } from './download.ts'
import { sessionRoutes } from './session.ts'
import { panelPage } from './static.ts'

export type { PanelOptions }

const EVENTS = '/panel/api/events'

/** The management panel: its page, and what the page asks for. */
export function panelRoutes(options: PanelOptions): FastifyPluginAsync {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    server.addHook('onRequest', async (_request, reply) => {
      reply.headers({
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        // SameSite lets the cookie along to a page on another port of this host.
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Referrer-Policy': 'no-referrer',
      })
    })
    panelPage(server, options)
    sessionRoutes(server, options)
    callRoutes(server, options)
    eventRoutes(server, options)
    downloadRoutes(server, options)
  }
}

function eventRoutes(server: FastifyInstance, options: PanelOptions): void {
  server.get(EVENTS, async (request, reply) => {
    const login = mayRead(request, options)
    options.feed.join(reply.raw, login)
    return reply.hijack()
  })
  refuseOtherMethods(server, EVENTS, ['GET'])
}
