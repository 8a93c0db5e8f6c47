import type { IncomingMessage } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { TokenType } from '../../domain/token.ts'

/** What a session is for. */
export interface Place {
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
}

/** The secret of the session that a browser keeps for this stream; one browser may hold several. */
export function readSessionCookie({ headers }: IncomingMessage, place: Place): string | undefined {
  if (headers.cookie === undefined) return undefined
  return parseCookie(headers.cookie)[cookieName(place)] || undefined
}

/** The `Set-Cookie` that hands a session to a browser: out of scripts' reach, and for this app only. */
export function sessionCookie(place: Place, secret: string, encrypted: boolean): string {
  return stringifySetCookie({
    name: cookieName(place),
    value: secret,
    httpOnly: true,
    sameSite: 'lax',
    path: `/${place.app}`,
    secure: encrypted,
  })
}

function cookieName({ type, streamId }: Place): string {
  return `amsctl_${type}_${streamId}`
}
