import type { IncomingMessage } from 'node:http'
import type { AccessRequest, Credential } from '../../domain/access.ts'
import type { Protocol } from '../../domain/token.ts'
import { credentialFrom } from '../credential.ts'
import { clientAddress } from './client-address.ts'
import { type Place, readSessionCookie } from './session-cookie.ts'
import { queryOf } from './stream-path.ts'

const LONGEST_USER_AGENT = 256

/** What the gate is asked for a viewer over HTTP. */
export function playRequest(
  request: IncomingMessage,
  stream: { readonly app: string; readonly streamId: string },
  how: { readonly protocol: Protocol; readonly trustedProxies: readonly string[] },
): AccessRequest {
  return accessRequest(request, { ...stream, type: 'play' }, { ...how, credential: credentialOf(request) })
}

interface Manner {
  readonly protocol: Protocol
  readonly trustedProxies: readonly string[]
  readonly credential: Credential | null
}

/** What the gate is asked by an HTTP request, whatever carries its credential; the browser's session comes along. */
export function accessRequest(request: IncomingMessage, place: Place, manner: Manner): AccessRequest {
  const cookie = readSessionCookie(request, place)
  return {
    ...place,
    protocol: manner.protocol,
    address: addressOf(request, manner.trustedProxies),
    userAgent: request.headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null,
    credential: manner.credential,
    ...(cookie !== undefined && { cookie }),
  }
}

/** What a request shows to be let in. */
export function credentialOf(request: IncomingMessage): Credential | null {
  return credentialFrom(queryOf(request.url ?? ''))
}

export function addressOf(request: IncomingMessage, trustedProxies: readonly string[]): string {
  const forwardedFor = request.headers['x-forwarded-for']
  const origin = { peer: request.socket.remoteAddress ?? '', forwardedFor: forwardedFor?.toString() }
  return clientAddress(origin, trustedProxies)
}
