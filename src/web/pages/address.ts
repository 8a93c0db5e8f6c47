import { PLAY_ORDER } from './player/player.ts'
import type { EngineName } from './player/ports.ts'

/** What the address of a page asks for; nothing in it is trusted, and nothing but text is made of it. */
export interface Wanted {
  readonly app: string
  readonly streamId: string
  /** How the page is headed; the id where nobody named it. */
  readonly name: string
  readonly token: string | null
  readonly playOrder: readonly EngineName[]
  readonly autoplay: boolean
  readonly muted: boolean
  /** Of a share link, which it opens; other pages know. */
  readonly publish: boolean
}

const LONGEST_NAME = 120

/**
 * Reads `/{app}/play.html?id=…`, where older links of Ant Media Server have the id as `name`, and
 * `/w/{app}/{id}#{token}`. `kept` is the state of the page in the history, see {@link hideToken}.
 */
export function readAddress({ pathname, search, hash }: Location, kept: unknown): Wanted {
  const [first = '', second = '', third = ''] = pathname.slice(1).split('/').map(decoded)
  const isShare = first === 'w'
  const query = new URLSearchParams(search)
  const streamId = isShare ? third : query.get('id') || query.get('name') || ''
  return {
    app: isShare ? second : first,
    streamId,
    name: (query.get('name') || streamId).slice(0, LONGEST_NAME),
    token: (isShare ? decoded(hash.slice(1)) : query.get('token') || keptToken(kept)) || null,
    playOrder: readOrder(query.get('playOrder')),
    autoplay: !isShare && query.get('autoplay') !== 'false',
    muted: query.get('mute') === 'true',
    publish: query.has('publish'),
  }
}

/** AMS writes `webrtc,hls`; what it has besides is passed over. */
function readOrder(text: string | null): readonly EngineName[] {
  const names = (text ?? '').split(',').map((name) => name.trim().toLowerCase())
  return PLAY_ORDER.filter((engine) => names.includes(engine)).sort((a, b) => names.indexOf(a) - names.indexOf(b))
}

type Page = 'play' | 'publish'

/**
 * Takes the token out of the address, where it could be read, copied and sent on. A page that waits has spent nothing
 * yet, so what it holds in the history beside its address is for a reload.
 */
export function hideToken(wanted: Wanted, page: Page): void {
  if (wanted.token !== null) replaceAddress(wanted, page, { token: wanted.token })
}

/** Once the token is exchanged, a reload goes on with the session. */
export function forgetToken(wanted: Wanted, page: Page): void {
  replaceAddress(wanted, page, null)
}

function keptToken(kept: unknown): string | null {
  if (typeof kept !== 'object' || kept === null || !('token' in kept)) return null
  return typeof kept.token === 'string' ? kept.token : null
}

function replaceAddress({ app, streamId, name }: Wanted, page: Page, state: { token: string } | null): void {
  const query = new URLSearchParams(location.pathname.startsWith('/w/') ? '' : location.search)
  query.delete('token')
  query.set('id', streamId)
  if (name !== streamId) query.set('name', name)
  history.replaceState(state, '', `/${encodeURIComponent(app)}/${page}.html?${query}`)
}

/** Frames of other sites have no cookies. */
export function isFramed(): boolean {
  return window.self !== window.top
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
