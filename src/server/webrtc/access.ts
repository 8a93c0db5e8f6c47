import type { IncomingMessage } from 'node:http'
import type { AccessRequest } from '../../domain/access.ts'
import type { TokenType } from '../../domain/token.ts'
import { credentialFrom } from '../credential.ts'
import { accessRequest } from '../http/access.ts'
import { handshakeRequest } from '../http/foreign-page.ts'

/** What the gate is asked for a command: its token, and the session that the browser's handshake brought along. */
export function signallingRequest(
  handshake: IncomingMessage,
  place: { readonly app: string; readonly streamId: string; readonly type: TokenType },
  how: { readonly token: string; readonly trustedProxies: readonly string[]; readonly publicUrl: string },
): AccessRequest {
  const { publicUrl, token, trustedProxies } = how
  const credential = credentialFrom(new URLSearchParams({ token }))
  const request = accessRequest(handshake, place, { protocol: 'webrtc', credential, trustedProxies })
  return handshakeRequest(request, handshake.headers, publicUrl)
}
