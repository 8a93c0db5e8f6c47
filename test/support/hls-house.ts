import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { createHls, type Hls, type HlsOptions } from '../../src/media/hls/library.ts'
import type { HlsStream, PlaylistRequest } from '../../src/media/hls/ports.ts'
import { createHub, type Hub } from '../../src/media/hub.ts'
import type { MediaPacket, Publication } from '../../src/media/ports.ts'

/** The HLS of one hub, that closes when the test is over. */
export class HlsHouse {
  readonly hub: Hub
  readonly hls: Hls

  constructor({ grace = 0, ...options }: Partial<HlsOptions> & { readonly grace?: number } = {}) {
    this.hub = createHub({ latency: 60_000, publisherGrace: () => grace })
    this.hls = createHls({ hub: this.hub, always: () => false, ...options })
    onTestFinished(() => {
      this.hls.close()
      this.hub.close()
    })
  }

  publish(streamId = 'cam'): Publication {
    const publication = this.hub.claim('LiveApp', streamId)
    if (!publication) throw new Error(`${streamId} is taken`)
    publication.start({ protocol: 'rtmp', address: '127.0.0.1' })
    return publication
  }

  stream(streamId = 'cam'): HlsStream {
    const stream = this.hls.find('LiveApp', streamId)
    if (!stream) throw new Error(`${streamId} has no HLS`)
    return stream
  }

  /** A stream that is muxed from its first packet. */
  watched(): { publication: Publication; stream: HlsStream } {
    const publication = this.publish()
    const stream = this.stream()
    void stream.ready(0)
    return { publication, stream }
  }
}

export function pushAll(publication: Publication, packets: readonly MediaPacket[]): void {
  for (const packet of packets) publication.push(packet)
}

const NEVER = new AbortController().signal

/** The media playlist as it stands, or once it has what is asked for. */
export async function playlistOf(stream: HlsStream, request: Partial<PlaylistRequest> = {}): Promise<string> {
  return stream.playlist({ skip: false, query: '', ...request }, NEVER)
}

export async function fileOf(stream: HlsStream, name: string): Promise<Buffer> {
  const file = await stream.file(name, NEVER)
  if (!file) throw new Error(`no ${name}`)
  return file
}

/** The lines of a playlist that begin so, without that beginning. */
export function linesOf(playlist: string, prefix: string): string[] {
  return playlist.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []))
}

export function urisOf(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

interface ServeOptions {
  /** The media playlist has been fetched. */
  readonly onPlaylist?: () => void
}

/** Serves `cam` to real players; returns the URL of its master playlist. */
export async function served(stream: HlsStream, { onPlaylist }: ServeOptions = {}): Promise<string> {
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const answer = await answerTo(stream, pathname, searchParams)
    response.writeHead(answer === undefined ? 404 : answer === 'bad-request' ? 400 : 200).end(answer)
    if (pathname === '/cam/live.m3u8') onPlaylist?.()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}/cam.m3u8`
}

async function answerTo(stream: HlsStream, path: string, query: URLSearchParams): Promise<string | Buffer | undefined> {
  if (path === '/cam.m3u8') return stream.master('')
  if (path !== '/cam/live.m3u8') return stream.file(path.slice('/cam/'.length), NEVER)
  const [msn, part] = [query.get('_HLS_msn'), query.get('_HLS_part')]
  return playlistOf(stream, {
    ...(msn !== null && { msn: Number(msn) }),
    ...(part !== null && { part: Number(part) }),
    skip: query.has('_HLS_skip'),
  })
}
