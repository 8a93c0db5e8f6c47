import { isApp, parseStreamId } from '../../domain/stream-id.ts'

/** A stream that an URL names. */
export interface StreamPath {
  readonly app: string
  /** Not validated yet: {@link streamIdOf}. */
  readonly name: string
}

/** `path?query` of a request target; the absolute form that a proxy sends loses its scheme and host. */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '') || '/'
}

export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : target.slice(start + 1))
}

/**
 * Reads `/{app}/streams/{id}.flv` and node-media-server's `/{app}/{id}.flv`; null: no address of a stream.
 * Each segment is decoded once and taken as it is. A path that is not in normal form names nothing.
 */
export function parseStreamPath(target: string): StreamPath | null {
  const path = target.split('?', 1)[0] ?? ''
  const [root, app, ...rest] = path.split('/').map(decodeSegment)
  const file = rest.length === 2 && rest[0] === 'streams' ? rest[1] : rest.length === 1 ? rest[0] : undefined
  if (root !== '' || !app || !isApp(app) || !file?.endsWith('.flv')) return null
  return { app, name: file.slice(0, -'.flv'.length) }
}

/** The stream id of `path`; throws BAD_VALUE if it cannot be one. */
export function streamIdOf(path: StreamPath): string {
  return parseStreamId(path.name)
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A stray % names nothing that exists.
    return null
  }
}
