/** Nothing is loaded from elsewhere, and nothing is inline. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "object-src 'none'",
]

/**
 * What every page that may carry a token is sent with.
 * @param embedders origins that may frame it, `*` for any; null: not even pages of this server may
 */
export function pageHeaders(embedders: readonly string[] | null): Record<string, string> {
  const ancestors = embedders === null ? "'none'" : ["'self'", ...embedders].join(' ')
  return {
    'Content-Security-Policy': [...POLICY, `frame-ancestors ${ancestors}`].join('; '),
    ...olderFraming(embedders),
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
  }
}

/** X-Frame-Options knows no list of origins; where there is one, browsers that know frame-ancestors decide. */
function olderFraming(embedders: readonly string[] | null): Record<string, string> {
  if (embedders === null) return { 'X-Frame-Options': 'DENY' }
  return embedders.length === 0 ? { 'X-Frame-Options': 'SAMEORIGIN' } : {}
}
