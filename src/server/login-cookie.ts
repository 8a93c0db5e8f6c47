import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'

const NAME = 'amsctl_login'

/** The secret of the login that a browser or script keeps. */
export function readLoginCookie({ cookie }: IncomingHttpHeaders): string | undefined {
  return cookie === undefined ? undefined : parseCookie(cookie)[NAME] || undefined
}

/** Out of scripts' reach, and never sent along by a page of another site. */
export function loginCookie(secret: string, encrypted: boolean): string {
  return stringifySetCookie({
    name: NAME,
    value: secret,
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: encrypted,
    ...(secret === '' && { maxAge: 0 }),
  })
}

/** Makes the browser forget its login. */
export function noLoginCookie(encrypted: boolean): string {
  return loginCookie('', encrypted)
}
