import type { TokenType } from '../../../domain/token.ts'

/** What an address tells that somebody was sent; a secret alone is a token. */
export interface Pasted {
  readonly token: string
  readonly app?: string | undefined
  readonly streamId?: string | undefined
  readonly type?: TokenType | undefined
}

const URL_IN_TEXT = /[a-z]+:\/\/[^\s'"]+/i
const TOKEN_IN_TEXT = /(?:[?&]token=|#)([^&#\s'"]+)/
const PATHS = [
  /^\/w\/(?<app>[^/]+)\/(?<streamId>[^/]+)$/,
  /^\/(?<app>[^/]+)\/(?:play|publish)\.html$/,
  /^\/(?<app>[^/]+)\/streams\/(?<streamId>[^/]+)\.(?:m3u8|mp4|flv)$/,
  /^\/(?<app>[^/]+)\/(?<streamId>[^/]+)$/,
]

/** Reads any of the addresses that a token is handed out in, or a command around one. */
export function readPasted(pasted: string): Pasted {
  const text = pasted.trim()
  const token = decoded(TOKEN_IN_TEXT.exec(text)?.[1] ?? text)
  const [address = ''] = URL_IN_TEXT.exec(text) ?? []
  if (!URL.canParse(address)) return { token }
  const { protocol, pathname, searchParams } = new URL(address)
  const found = PATHS.map((path) => path.exec(pathname)?.groups).find(Boolean)
  if (!found) return { token }
  const streamId = found.streamId ?? searchParams.get('id') ?? undefined
  return {
    token,
    app: found.app && decoded(found.app),
    streamId: streamId && decoded(streamId),
    type: protocol.startsWith('rtmp') ? undefined : typeOf(pathname, searchParams),
  }
}

function typeOf(pathname: string, query: URLSearchParams): TokenType {
  return query.has('publish') || pathname.endsWith('/publish.html') ? 'publish' : 'play'
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
