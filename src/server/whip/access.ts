import type { IncomingMessage } from 'node:http'
import type { AccessRequest, Credential } from '../../domain/access.ts'
import { isSecretShaped } from '../../domain/secret.ts'
import type { TokenType } from '../../domain/token.ts'
import { accessRequest, credentialOf } from '../http/access.ts'

/** What the gate is asked for an offer. */
export function offerRequest(
  request: IncomingMessage,
  place: { readonly app: string; readonly streamId: string; readonly type: TokenType },
  trustedProxies: readonly string[],
): AccessRequest {
  const credential = eitherOf(bearerOf(request), credentialOf(request))
  return accessRequest(request, place, { protocol: 'webrtc', credential, trustedProxies })
}

/** RFC 6750 section 2: a client that shows its token in more than one way shows none that can be judged. */
function eitherOf(one: Credential | null, other: Credential | null): Credential | null {
  return one && other ? { kind: 'malformed' } : (one ?? other)
}

function bearerOf({ headers: { authorization } }: IncomingMessage): Credential | null {
  const [, secret] = /^Bearer(?: +(\S*))? *$/i.exec(authorization ?? 'Bearer') ?? [undefined, null]
  if (secret === undefined || secret === '') return null
  return secret !== null && isSecretShaped(secret) ? { kind: 'token', secret } : { kind: 'malformed' }
}
