import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import sendFile from '@fastify/send'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { refuseOtherMethods, send } from '../http/routes.ts'

/** Nothing is loaded from elsewhere, nothing is inline, and nobody frames the panel. */
export const PANEL_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const

const ASSETS = '/panel/assets'
/** Pages are served at their own addresses, with their own headers. */
const ASSET = /^\/[\w-]+\/[\w.-]+\.(?:js|css|svg|png|ico|woff2|webmanifest|map|txt)$/
const OF_PANEL = '/panel/'
const HASHED = /-[A-Z0-9]{8}\.\w+$/
const READ = ['GET', 'HEAD'] as const

export interface AssetOptions {
  /** Folder of the bundled pages. */
  readonly webRoot: string
  /** Whether the panel's own are among them. */
  readonly panel: boolean
}

/** `/panel/assets/**`: what pages load. */
export function assetRoutes({ webRoot, panel }: AssetOptions): FastifyPluginAsync {
  return async (server) => {
    const url = `${ASSETS}/*`
    server.route({
      method: [...READ],
      url,
      handler: async (request, reply) => {
        const path = pathOf(request.raw).slice(ASSETS.length)
        if (!ASSET.test(path) || (!panel && path.startsWith(OF_PANEL))) return nothing(reply)
        const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
        return sendFrom(request, reply, { root: webRoot, path, headers: { 'Cache-Control': caching } })
      },
    })
    refuseOtherMethods(server, url, READ)
  }
}

/** `/` and `/panel`: the page itself, which anybody may load; what it shows needs a login. */
export function panelPage(server: FastifyInstance, { webRoot }: Pick<AssetOptions, 'webRoot'>): void {
  server.route({ method: [...READ], url: '/', handler: async (_request, reply) => reply.redirect('/panel', 302) })
  for (const url of ['/panel', '/panel/']) {
    server.route({
      method: [...READ],
      url,
      handler: (request, reply) =>
        sendFrom(request, reply, {
          root: webRoot,
          path: '/panel/index.html',
          headers: { ...PANEL_HEADERS, 'Cache-Control': 'no-store' },
        }),
    })
  }
}

interface Asset {
  readonly root: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends a file that was built; 404 where it is not there. */
export async function sendFrom(
  request: FastifyRequest,
  reply: FastifyReply,
  { root, path, headers }: Asset,
): Promise<FastifyReply> {
  const options = { root, index: false, dotfiles: 'deny', cacheControl: false, acceptRanges: false } as const
  const result = await sendFile(request.raw, path, options)
  if (result.type !== 'file' && result.statusCode >= 400) return nothing(reply)
  reply.hijack()
  if (reply.raw.destroyed) {
    result.stream.destroy()
    return reply
  }
  reply.raw.writeHead(result.statusCode, { 'X-Content-Type-Options': 'nosniff', ...result.headers, ...headers })
  await pipeline(result.stream, reply.raw).catch(() => reply.raw.destroy())
  return reply
}

function nothing(reply: FastifyReply): FastifyReply {
  return send(reply, { code: 'NOT_FOUND', message: 'nothing at this address' })
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
