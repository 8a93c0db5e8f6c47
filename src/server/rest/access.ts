import type { IncomingHttpHeaders } from 'node:http'
import { inCidrs } from '../../domain/address.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { Seconds } from '../../domain/units.ts'
import type { Role } from '../../domain/user.ts'
import type { Logins } from '../../services/logins.ts'
import { actorName } from '../../services/sign-in.ts'
import { type Caller, forwardingHeader, isBelievable, isCrossSite, isOwnHost, isQuietProxy } from '../http/caller.ts'
import { clientAddress, forwardedClient } from '../http/client-address.ts'
import { judgeLogin } from './login.ts'

export interface Denial {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: Seconds
}

export interface Admitted {
  readonly ok: true
  /** `rest`, `user:NAME`, or the public id of the API key. */
  readonly by: string
  readonly address: string
  /** A viewer may only read; undefined: no login was shown. */
  readonly role?: Role
}

export type CallerVerdict = Admitted | Denial

/** Finds the API key that `secret` is; counts a wrong one as a guess of `address`. */
export type AuthenticateApiKey = (secret: string, address: string) => Promise<{ readonly id: string } | Denial>

type AccessSettings = Pick<SettingValues, 'rest-access' | 'rest-allowed-cidr' | 'trusted-proxies' | 'public-url'>

export interface Keepers {
  readonly authenticateApiKey: AuthenticateApiKey
  /** Undefined: nobody can log in here. */
  readonly logins?: Logins | undefined
}

/** No key was shown, and no login that may be used; `fault` says why not. */
export interface NoSecret {
  readonly ok: null
  readonly address: string
  readonly fault?: string | undefined
}

/** Whether this caller may use the REST API: by an API key or a login from anywhere, else by its address alone. */
export async function judgeCaller(caller: Caller, settings: AccessSettings, keepers: Keepers): Promise<CallerVerdict> {
  const verdict = await judgeSecret(caller, settings, keepers)
  if (verdict.ok !== null) return verdict
  const { address } = verdict
  const client = forwardedClient(originOf(caller), settings['trusted-proxies'])
  const fault = settings['rest-access'] === 'open' ? undefined : addressFault(caller, client, settings)
  if (fault === undefined) return { ok: true, by: 'rest', address }
  return deny(verdict.fault === undefined ? fault : `${verdict.fault}, and ${fault}`)
}

/** The same where an address alone admits nobody. */
export async function judgeSecret(
  caller: Caller,
  settings: Pick<AccessSettings, 'trusted-proxies' | 'public-url'>,
  { authenticateApiKey, logins }: Keepers,
): Promise<CallerVerdict | NoSecret> {
  const address = clientAddress(originOf(caller), settings['trusted-proxies'])
  const key = bearerOf(caller.headers)
  if (key !== undefined) {
    const found = await authenticateApiKey(key, address)
    return 'id' in found ? { ok: true, by: found.id, address } : found
  }
  const { login, fault } = logins ? judgeLogin(caller, settings, logins) : {}
  return login ? { ok: true, by: actorName(login), role: login.role, address } : { ok: null, address, fault }
}

function deny(fault: string): Denial {
  const advice = 'log in, call with an API key (Authorization: Bearer …), or see the setting rest-allowed-cidr'
  return { ok: false, code: 'ACCESS_DENIED', message: `the REST API does not serve this caller: ${fault}; ${advice}` }
}

/** Why the address alone does not admit this caller; undefined if it does. */
function addressFault(caller: Caller, client: string | null, settings: AccessSettings): string | undefined {
  const proxied = forwardingHeader(caller)
  // A proxy on this host must not turn the world into loopback.
  if (proxied !== undefined && !isBelievable(caller, settings['trusted-proxies'])) {
    return `it comes through a proxy (${proxied}) that is not in trusted-proxies or sends no X-Forwarded-For`
  }
  if (isQuietProxy(caller)) {
    return 'it comes as through a proxy on this machine that sends no X-Forwarded-For; call localhost by HTTP/1.1'
  }
  if (client === null || !inCidrs(client, settings['rest-allowed-cidr'])) return 'its address is not allowed'
  if (!isOwnHost(caller, settings['public-url'])) return 'its Host is neither an address, localhost nor public-url'
  return isCrossSite(caller, settings['public-url']) ? 'it was sent by a page of another site' : undefined
}

function originOf({ peer, headers }: Caller) {
  return { peer, forwardedFor: headers['x-forwarded-for']?.toString() }
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}
