interface TrackBase {
  /** Ticks a second. */
  readonly timescale: number
  /** As RFC 6381 names it, such as `avc1.64001f`. */
  readonly codec: string
  /** The box in `stsd` that decoders are set up from. */
  readonly sampleEntry: Buffer
}

export interface VideoTrack extends TrackBase {
  readonly kind: 'video'
  readonly width: number
  readonly height: number
  /** What decoders are set up from as a sample holds it, for those that take no second sample entry. */
  readonly parameterSets: Buffer
}

export interface AudioTrack extends TrackBase {
  readonly kind: 'audio'
  /** How many ticks `frame` sounds. */
  ticksOf(frame: Buffer): number
}

export type Track = VideoTrack | AudioTrack

/** One coded frame. Times are in ticks of its track. */
export interface Sample {
  readonly dts: number
  /** What is added to the decoding time for the time at which it is shown; may be negative. */
  readonly compositionOffset: number
  readonly duration: number
  /** Can be decoded without what came before. */
  readonly key: boolean
  readonly data: Buffer
}

export const TRACK_IDS = { video: 1, audio: 2 } as const

export const VIDEO_TIMESCALE = 90_000

/** `sample_flags` of ISO/IEC 14496-12, section 8.8.3.1. */
export const SAMPLE_FLAGS = {
  /** Depends on no other. */
  key: 0x0200_0000,
  /** Depends on others, and is no sync sample. */
  delta: 0x0101_0000,
} as const
