/** Any page may play: the token in the URL is what admits, never a cookie of another origin. */
export const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Accept-Ranges, Content-Length, Content-Range, Content-Type, ETag, Retry-After',
} as const

export const STREAM_METHODS = 'GET, HEAD, OPTIONS'

export const PREFLIGHT = {
  ...CORS,
  Allow: STREAM_METHODS,
  'Access-Control-Allow-Methods': STREAM_METHODS,
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Range',
  'Access-Control-Max-Age': '86400',
} as const
