import type { MediaPacket } from './ports.ts'

/** Which tracks a stream has shown so far. */
export interface Tracks {
  readonly audio: boolean
  readonly video: boolean
}

/** How packets are laid out on the wire. */
export interface Container {
  /** What stands before the first packet; empty where nothing does. */
  opening(tracks: Tracks): Buffer
  sizeOf(packet: MediaPacket): number
  /** Writes `packet` into `target` at `offset` and returns the offset behind it. */
  write(packet: MediaPacket, target: Buffer, offset: number): number
}

/** Message and tag types shared by FLV and RTMP. */
export const TAG_TYPES = { audio: 8, video: 9, metadata: 18 } as const
