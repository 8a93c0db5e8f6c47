import type { IncomingHttpHeaders } from 'node:http'
import { canonicalAddress, inCidrs } from '../../domain/address.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { SettingValues } from '../../domain/settings.ts'
import type { Seconds } from '../../domain/units.ts'
import { type Caller, forwardingHeader, isBelievable, isCrossSite, isOwnHost } from '../http/caller.ts'
import { forwardedClient } from '../http/client-address.ts'

export interface Denial {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: Seconds
}

/** `by`: `rest`, or the public id of the API key. */
export type CallerVerdict = { readonly ok: true; readonly by: string; readonly address: string } | Denial

/** Finds the API key that `secret` is; counts a wrong one as a guess of `address`. */
export type AuthenticateApiKey = (secret: string, address: string) => Promise<{ readonly id: string } | Denial>

type AccessSettings = Pick<SettingValues, 'rest-access' | 'rest-allowed-cidr' | 'trusted-proxies' | 'public-url'>

/** Whether this caller may use the REST API: by an API key from anywhere, else by its address alone. */
export async function judgeCaller(
  caller: Caller,
  settings: AccessSettings,
  authenticate: AuthenticateApiKey,
): Promise<CallerVerdict> {
  const client = forwardedClient(originOf(caller), settings['trusted-proxies'])
  const address = client ?? canonicalAddress(caller.peer)
  const key = bearerOf(caller.headers)
  if (key !== undefined) {
    const found = await authenticate(key, address)
    return 'id' in found ? { ok: true, by: found.id, address } : found
  }
  const fault = settings['rest-access'] === 'open' ? undefined : addressFault(caller, client, settings)
  return fault === undefined ? { ok: true, by: 'rest', address } : deny(fault)
}

function deny(fault: string): Denial {
  const advice = 'call with an API key (Authorization: Bearer …), or see the setting rest-allowed-cidr'
  return { ok: false, code: 'ACCESS_DENIED', message: `the REST API does not serve this caller: ${fault}; ${advice}` }
}

/** Why the address alone does not admit this caller; undefined if it does. */
function addressFault(caller: Caller, client: string | null, settings: AccessSettings): string | undefined {
  const proxied = forwardingHeader(caller)
  // A proxy on this host must not turn the world into loopback.
  if (proxied !== undefined && !isBelievable(caller, settings['trusted-proxies'])) {
    return `it comes through a proxy (${proxied}) that is not in trusted-proxies or sends no X-Forwarded-For`
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
