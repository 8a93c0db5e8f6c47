import type { IncomingHttpHeaders } from 'node:http'
import type { AccessRequest } from '../../domain/access.ts'

/** Whether a page that this server did not serve makes the browser call. `publicUrl` is empty where it is not set. */
export function isForeignPage(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined ? isForeignOrigin(headers, publicUrl) : site !== 'same-origin' && site !== 'none'
}

/**
 * What a WebSocket handshake may ask for. CORS keeps no page from opening one, and SameSite lets those of other ports
 * and subdomains ride on a cookie, so it counts for pages of this server only.
 */
export function handshakeRequest(
  request: AccessRequest,
  headers: IncomingHttpHeaders,
  publicUrl: string,
): AccessRequest {
  if (request.cookie === undefined || !isForeignPage(headers, publicUrl)) return request
  const { cookie: _ignored, ...rest } = request
  return rest
}

/** Browsers leave out Sec-Fetch-Site over plain HTTP, and proxies may write another Host. */
function isForeignOrigin({ origin, host }: IncomingHttpHeaders, publicUrl: string): boolean {
  return origin !== undefined && origin !== publicUrl && (!URL.canParse(origin) || new URL(origin).host !== host)
}
