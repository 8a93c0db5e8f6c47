import type { IncomingMessage } from 'node:http'
import { isApp } from '../../domain/stream-id.ts'

/** What an address below `/{app}/streams/` is of. */
export type StreamPathKind = 'flv' | 'hls' | 'hls-child' | 'vod' | 'nothing'

export interface StreamPath {
  readonly kind: StreamPathKind
  readonly app: string
  /** Of the stream, or of the file without its `.mp4`; not validated yet. */
  readonly name: string
  /** What the HLS of the stream is asked for; elsewhere empty. */
  readonly child: string
}

const KINDS = [
  ['.flv', 'flv'],
  ['.m3u8', 'hls'],
  ['.mp4', 'vod'],
] as const

/** What a master playlist leads to. */
const HLS_CHILD = /^(?:live\.m3u8|init-\d{1,15}\.mp4|seg-\d{1,15}\.m4s|part-\d{1,15}-\d{1,9}\.m4s)$/

/**
 * Brings a request in the absolute form, as a proxy sends it, into the usual one and returns its `path?query`. Its host
 * is that of the target, whatever `Host` says (RFC 9112, section 3.2.2).
 */
export function takeOriginForm(request: IncomingMessage): string {
  const target = request.url ?? ''
  const [origin = '', authority] = /^https?:\/\/([^/?]*)/i.exec(target) ?? []
  if (authority !== undefined) request.headers.host = authority
  request.url = target.slice(origin.length) || '/'
  return request.url
}

export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : target.slice(start + 1))
}

/**
 * Reads `/{app}/streams/{name}.flv|m3u8|mp4`, `/{app}/streams/{name}/{child}` and node-media-server's
 * `/{app}/{name}.flv`; null: no address of a stream. What an address is of is told by its segments and its last suffix,
 * never by what a name looks like. Each segment is decoded once and taken as it is: a path that is not in normal form
 * names nothing.
 */
export function parseStreamPath(target: string): StreamPath | null {
  const path = target.split('?', 1)[0] ?? ''
  const [root, app, ...rest] = path.split('/').map(decodeSegment)
  if (root !== '' || !app || !isApp(app)) return null
  const [folder, name, child] = rest
  if (folder === 'streams' && rest.length > 1) return { app, ...readStreamPath(name, child, rest.length) }
  const flat = rest.length === 1 ? readFile(folder) : undefined
  return flat?.kind === 'flv' ? { app, ...flat } : null
}

type Target = Omit<StreamPath, 'app'>
type Segment = string | null | undefined

function readStreamPath(name: Segment, child: Segment, length: number): Target {
  if (length === 3 && name && child && HLS_CHILD.test(child)) return { kind: 'hls-child', name, child }
  return (length === 2 ? readFile(name) : undefined) ?? { kind: 'nothing', name: '', child: '' }
}

function readFile(file: Segment): Target | undefined {
  const [suffix, kind] = KINDS.find(([ending]) => file?.endsWith(ending)) ?? []
  return file && suffix && kind ? { kind, name: file.slice(0, -suffix.length), child: '' } : undefined
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A stray % names nothing that exists.
    return null
  }
}
