import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import { refuseOtherMethods } from '../http/routes.ts'
import { pageHeaders } from './headers.ts'

export interface PageOptions {
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  /** Folder of the bundled pages. */
  readonly webRoot: string
}

type Page = 'play' | 'publish' | 'share'

const READ = ['GET', 'HEAD'] as const

/**
 * The pages that people are sent to. Each is the same bytes whatever its query, and whether or not the stream or the
 * token exists: what is asked of the daemon, its script asks. So a bot that fetches one spends and learns nothing. Of
 * `/w/{app}/{id}#{token}` the server never sees the token at all.
 */
export function pageRoutes({ apps, settings, webRoot }: PageOptions): FastifyPluginAsync {
  return async (server) => {
    const serve = (url: string, page: Page, embedders: () => readonly string[] | null) => {
      server.route<{ Params: { app: string } }>({
        method: [...READ],
        url,
        handler: async ({ params }, reply) => {
          if (!apps.includes(params.app)) throw new AmsctlError('NOT_FOUND', 'no such app here')
          return sendPage(reply, join(webRoot, 'pages', `${page}.html`), pageHeaders(embedders()))
        },
      })
      refuseOtherMethods(server, url, READ)
    }
    serve('/:app/play.html', 'play', () => settings()['embed-origins'])
    serve('/:app/publish.html', 'publish', () => settings()['embed-origins'])
    serve('/w/:app/:id', 'share', () => null)
  }
}

async function sendPage(reply: FastifyReply, file: string, headers: Record<string, string>): Promise<FastifyReply> {
  const html = await readFile(file).catch((cause) => {
    throw new AmsctlError('NOT_FOUND', 'this daemon was built without its pages', { cause })
  })
  return reply.headers(headers).send(html)
}
