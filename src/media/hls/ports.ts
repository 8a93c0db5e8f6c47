import type { Milliseconds } from '../../domain/units.ts'

/** The HLS of all streams of this process. */
export interface HlsLibrary {
  /** The HLS of a stream that is live, or ended so lately that stragglers may still fetch it. Starts nothing. */
  find(app: string, streamId: string): HlsStream | undefined
}

/** What a player asks of a media playlist (RFC 8216bis section 6.2.5). */
export interface PlaylistRequest {
  /** `_HLS_msn`: wait for this media sequence number. */
  readonly msn?: number
  /** `_HLS_part`: wait for this part of it. */
  readonly part?: number
  /** `_HLS_skip=YES`: a delta update will do. */
  readonly skip: boolean
  /** Appended to every URI in the playlist: `?session=…`, or empty. */
  readonly query: string
}

/**
 * One stream as HLS: CMAF in memory. The addresses, relative to `/{app}/streams/`, are `{id}.m3u8` for the master
 * playlist and `{id}/{name}` for everything it leads to.
 */
export interface HlsStream {
  /** Starts the muxer where nobody watched so far. False: no playlist can be answered after `within`. */
  ready(within: Milliseconds): Promise<boolean>
  /** The master playlist; `query` is appended to its URIs. */
  master(query: string): string
  /**
   * The media playlist `live.m3u8`. Waits as asked; resolves early with what there is when `signal` aborts.
   * `bad-request`: a sequence number too far ahead, or a part without one.
   */
  playlist(request: PlaylistRequest, signal: AbortSignal): Promise<string | 'bad-request'>
  /** An init segment, segment or part by its name; one that a playlist hints at is waited for. */
  file(name: string, signal: AbortSignal): Promise<Buffer | undefined>
}
