import type { FastifyRequest } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { VodLibrary } from '../../media/recording/ports.ts'
import type { Actor } from '../../services/administration.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import { isCsrfToken, type Login, type Logins } from '../../services/logins.ts'
import type { Clock } from '../../services/ports.ts'
import type { SetupLink } from '../../services/setup-link.ts'
import type { SignIn } from '../../services/sign-in.ts'
import type { Users } from '../../services/users.ts'
import { addressOf } from '../http/access.ts'
import { type Caller, callerOf, isCrossSite } from '../http/caller.ts'
import { readLoginCookie } from '../login-cookie.ts'
import type { EventFeed } from './events.ts'

export interface PanelOptions {
  readonly apps: readonly string[]
  readonly settings: () => SettingValues
  readonly users: Users
  readonly logins: Logins
  readonly signIn: SignIn
  readonly setup: SetupLink
  readonly operations: (actor: Actor) => DaemonOperations
  readonly library: VodLibrary
  readonly feed: EventFeed
  readonly clock: Clock
  /** Folder of the bundled pages. */
  readonly webRoot: string
}

type Access = Pick<PanelOptions, 'settings' | 'logins'>

export function callerFrom({ raw }: FastifyRequest, { settings }: Pick<PanelOptions, 'settings'>): Caller {
  return callerOf(raw, settings()['trusted-proxies'])
}

export function addressFrom({ raw }: FastifyRequest, { settings }: Pick<PanelOptions, 'settings'>): string {
  return addressOf(raw, settings()['trusted-proxies'])
}

/** Throws ACCESS_DENIED at what a page of another site has a browser send. */
export function refuseForeign(request: FastifyRequest, options: Pick<PanelOptions, 'settings'>): void {
  if (!isCrossSite(callerFrom(request, options), options.settings()['public-url'])) return
  throw new AmsctlError('ACCESS_DENIED', 'sent by a page of another site; behind a proxy, set public-url')
}

/** A form of another site can send every type but this one without asking first. */
export function requireJson({ headers }: FastifyRequest): void {
  if (/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return
  throw new AmsctlError('CONTENT_TYPE_UNSUPPORTED', 'send Content-Type: application/json')
}

/** Who asks to read; LOGIN_MISSING. */
export function mayRead(request: FastifyRequest, options: Access): Login {
  refuseForeign(request, options)
  const login = options.logins.find(readLoginCookie(callerFrom(request, options)) ?? '')
  if (login) return login
  throw new AmsctlError('LOGIN_MISSING', 'log in first')
}

/** Who asks for something that is not for pages of other sites; LOGIN_MISSING, ACCESS_DENIED. */
export function mustLogin(request: FastifyRequest, options: Access): Login {
  const login = mayRead(request, options)
  if (isCsrfToken(login, request.headers['x-csrf-token']?.toString())) return login
  throw new AmsctlError('ACCESS_DENIED', 'X-CSRF-Token is not that of this login; GET /panel/api/session tells it')
}
