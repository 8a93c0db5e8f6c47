import type { FastifyPluginAsync } from 'fastify'
import type { VodLibrary } from '../media/recording/ports.ts'
import { EventFeed } from '../server/panel/events.ts'
import { panelRoutes } from '../server/panel/routes.ts'
import { assetRoutes } from '../server/panel/static.ts'
import { accountRoutes } from '../server/rest/accounts.ts'
import { consoleRoutes } from '../server/rest/console.ts'
import type { Actor, Services } from '../services/administration.ts'
import type { AuditTrail } from '../services/audit-trail.ts'
import type { DaemonOperations, DaemonStatus } from '../services/daemon-operations.ts'
import { endpointsFrom } from '../services/endpoints.ts'
import { Lockout } from '../services/lockout.ts'
import type { Logins } from '../services/logins.ts'
import type { Refusals } from '../services/refusals.ts'
import type { SetupLink } from '../services/setup-link.ts'
import { SignIn } from '../services/sign-in.ts'
import { guardApiKeys } from './api-key-guard.ts'
import { WEB_ROOT } from './web-root.ts'

interface PanelParts {
  readonly services: Services & { readonly refusals: Refusals }
  readonly apps: readonly string[]
  readonly library: VodLibrary
  readonly operations: (actor: Actor) => DaemonOperations
  readonly trail: AuditTrail
  readonly setup: SetupLink
  /** False: only what pages load is served. */
  readonly panel: boolean
}

/** The management panel, one for every HTTP server. */
export interface Panel {
  readonly routes: readonly FastifyPluginAsync[]
  /** Who is logged in; undefined: nobody can. */
  readonly logins: Logins | undefined
  close(): void
}

export function openPanel({ services, trail, panel, ...parts }: PanelParts): Panel {
  const assets = assetRoutes({ webRoot: WEB_ROOT, panel })
  if (!panel) return { routes: [assets], logins: undefined, close: () => {} }
  const feed = new EventFeed(parts.operations({ by: 'daemon', protocol: 'rest', address: null }), trail)
  // Done by hand or on another machine: the audit here does not tell of it.
  const stop = services.settings.onReload(() => feed.outdate('settings', 'keys', 'users'))
  const options = {
    ...parts,
    ...services,
    feed,
    settings: () => services.settings.values,
    authenticateApiKey: guardApiKeys(services, services.refusals),
    signIn: new SignIn({ ...services, lockout: new Lockout() }),
    webRoot: WEB_ROOT,
  }
  const routes = [assets, panelRoutes(options), accountRoutes(options), consoleRoutes(options)]
  const close = () => {
    stop()
    feed.close()
  }
  return { routes, logins: services.logins, close }
}

/** The address at which the first user can be made, once; null where there is one. */
export function setupLink(setup: SetupLink, publicUrl: string, listen: DaemonStatus['listen']): string | null {
  const { http, https } = endpointsFrom(publicUrl, listen)
  const origin = https ?? http
  return origin && setup.secret && `${origin}/panel#setup=${setup.secret}`
}
