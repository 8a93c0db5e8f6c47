import type { HTTPMethods } from 'fastify'
import type { IceServer } from '../../media/webrtc/ports.ts'

export const SDP = 'application/sdp'
export const SDP_FRAGMENT = 'application/trickle-ice-sdpfrag'

/** On every answer. Any page may come: a token admits, never a cookie of another origin. */
export const COMMON = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Accept-Patch, Accept-Post, ETag, Link, Location, Retry-After, WWW-Authenticate',
  'Cache-Control': 'no-store',
} as const

export function preflight(methods: readonly HTTPMethods[]): Record<string, string> {
  const allow = methods.join(', ')
  return {
    Allow: allow,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
    'Access-Control-Max-Age': '86400',
  }
}

/** What `Link` tells of each server, RFC 9725 section 4.6. */
export function iceLinks(servers: readonly IceServer[]): string[] {
  return servers.map(({ urls, username, credential }) =>
    [
      `<${urls}>`,
      'rel="ice-server"',
      ...(username === undefined ? [] : [`username=${quoted(username)}`]),
      ...(credential === undefined ? [] : [`credential=${quoted(credential)}`, 'credential-type="password"']),
    ].join('; '),
  )
}

/** RFC 9110 section 5.6.4. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Whether a request's body is of `type`, whatever its parameters. */
export function isOfType(contentType: string | undefined, type: string): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === type
}

/** Whether `If-Match` names `etag` (RFC 9110 section 13.1.1, strong comparison). */
export function matches(ifMatch: string, etag: string): boolean {
  return ifMatch.split(',').some((each) => each.trim() === '*' || each.trim() === etag)
}
