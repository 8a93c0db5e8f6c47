import { parseCookie, stringifySetCookie } from 'cookie'
import type { Caller } from './http/caller.ts'

const NAME = 'amsctl_login'

type Connection = Pick<Caller, 'headers' | 'encrypted'>

/** The secret of the login that a browser or script keeps. */
export function readLoginCookie({ headers: { cookie }, encrypted }: Connection): string | undefined {
  return cookie === undefined ? undefined : parseCookie(cookie)[nameOf(encrypted)] || undefined
}

/** Out of scripts' reach, and never sent along by a page of another site. */
export function loginCookie(secret: string, { encrypted }: Pick<Caller, 'encrypted'>): string {
  return stringifySetCookie({
    name: nameOf(encrypted),
    value: secret,
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: encrypted,
    ...(secret === '' && { maxAge: 0 }),
  })
}

/** Makes the browser forget its login. */
export function noLoginCookie(connection: Pick<Caller, 'encrypted'>): string {
  return loginCookie('', connection)
}

/** By this prefix browsers take it from this host itself only, and over TLS (RFC 6265bis, section 4.1.3.2). */
function nameOf(encrypted: boolean): string {
  return encrypted ? `__Host-${NAME}` : NAME
}
