import type { Socket } from 'node:net'
import type { Milliseconds } from '../domain/units.ts'

export type PacketKind = 'audio' | 'video' | 'metadata'

/** One elementary message of a stream, in FLV tag body form (E-RTMP / FLV spec), however it came in. */
export interface MediaPacket {
  readonly kind: PacketKind
  /** Decoding time; wraps at 2^32. */
  readonly dts: Milliseconds
  /** Tag body; never written to again once handed over. */
  readonly payload: Buffer
  /** Sequence header (codec configuration). */
  readonly config: boolean
  /** A random access point. */
  readonly key: boolean
}

/** The right to publish under one name, from before the gate's yes until the publisher is gone. */
export interface Publication {
  /** Nothing comes of it any more: it was left, or the hub is closed. */
  readonly over?: boolean
  /** Makes the stream live (or goes on in one that waits for its publisher). Packets before this are a bug. */
  start(source: { readonly protocol: string; readonly address: string }): void
  push(packet: MediaPacket): void
  /** `ask` asks the publisher for a key frame, where its protocol knows how to; called as often as somebody wants one. */
  onKeyFrameWanted?(ask: () => void): void
  /** Clean unpublish: the stream and its viewers end at once. */
  end(): void
  /** The connection broke: the name is free, viewers stay for `publisher-grace`. */
  lose(): void
  /** Not started after all: gives the name back. After `start` the same as `lose`. Idempotent like the two above. */
  release(): void
}

export type ViewerFormat = 'flv' | 'ws-flv' | 'rtmp'

export interface Viewer {
  readonly format: ViewerFormat
  /** Written to directly, past any HTTP or WebSocket layer: one shared Buffer for all viewers of a format. */
  readonly socket: Socket
  /** The stream is over, or this viewer too slow; say so in the protocol and close. Called at most once. */
  onEnd(reason: 'stream-ended' | 'slow'): void
}

/** A viewer's place at a stream. */
export interface Seat {
  readonly bytes: number
  leave(): void
}

/** Takes packets inside this process, such as the muxer of HLS or a recording. Must not throw, nor keep the caller waiting. */
export interface PacketSink {
  /** In decoding order. What it gets first: the headers, then the cached GOP. */
  push(packet: MediaPacket): void
  /** Another publisher goes on in the stream: headers and a key frame follow, of other codecs perhaps. */
  restart(): void
  /** The stream is over; called at most once. */
  end(): void
  /** How many watch by way of this sink, where they are counted. */
  readonly viewers?: number
}

export interface LiveStream {
  /** Display names such as `H264`; null: none yet, or one that is not known. */
  readonly videoCodec: string | null
  readonly audioCodec: string | null
  /** Somebody cannot go on, or begin, without a key frame: the publisher is asked for one if it can be. */
  requestKeyFrame?(): void
  /** Hands every packet to `sink` from now on; returns how to stop that. */
  attach(sink: PacketSink): () => void
  /** Sends headers and the cached GOP as one write, then everything that follows. */
  join(viewer: Viewer): Seat
}

/** All live streams of this process. */
export interface MediaHub {
  /** Takes a name for a publisher; undefined: somebody publishes under it. */
  claim(app: string, streamId: string): Publication | undefined
  /** The stream if it is live or waits for its publisher. */
  find(app: string, streamId: string): LiveStream | undefined
}
