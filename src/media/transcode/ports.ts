import type { MediaPacket } from '../ports.ts'

/** Codecs of sound between which there is a way. */
export type Sound = 'AAC' | 'Opus'

/** Sound of one stream on its way into another codec. Nothing on it throws or keeps the caller waiting. */
export interface AudioTranscoder {
  /** Takes audio, in the order of the stream: a sequence header before the frames that it is of. */
  push(packet: MediaPacket): void
  /** Frees everything at once; nothing comes out after this. Idempotent. */
  close(): void
}

export interface Transcoding {
  /** What does it, such as `ffmpeg 5.1`. */
  readonly name: string
  /**
   * `onPacket` gets a sequence header and frames of the codec `to`, at the times of what went in. Where the work cannot
   * be done nothing comes, and the log says why; `onGivenUp` is told when it is not tried again until the stream's
   * configuration changes.
   */
  start(to: Sound, onPacket: (packet: MediaPacket) => void, onGivenUp?: () => void): AudioTranscoder
}
