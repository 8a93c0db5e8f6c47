import type { SettingValues } from '../../domain/settings.ts'
import { isCsrfToken, type Login, type Logins } from '../../services/logins.ts'
import { type Caller, isBrowser, isCrossSite } from '../http/caller.ts'
import { readLoginCookie } from '../login-cookie.ts'

/** Some scripts pass for browsers, those of PowerShell for one. */
const NO_CSRF = 'its login came without its X-CSRF-Token, which GET /panel/api/session tells'

export interface LoginVerdict {
  readonly login?: Login
  /** Why the login that was shown does not admit this call. */
  readonly fault?: string
}

/**
 * The login by which a script or a page may call REST. Scripts made for AMS send the cookie and nothing else. That is
 * enough for them, since no page of another site has them call. In a browser such a page could, where `SameSite` does
 * not see the difference (another port of this host): there X-CSRF-Token is needed as well, for GET too, for a GET mints.
 */
export function judgeLogin(caller: Caller, settings: Pick<SettingValues, 'public-url'>, logins: Logins): LoginVerdict {
  const login = logins.find(readLoginCookie(caller) ?? '')
  if (!login) return {}
  if (isCrossSite(caller, settings['public-url'])) return { fault: 'its login was sent by a page of another site' }
  const shown = caller.headers['x-csrf-token']?.toString()
  const isUnmarked = shown === undefined && !isBrowser(caller)
  return isUnmarked || isCsrfToken(login, shown) ? { login } : { fault: NO_CSRF }
}
