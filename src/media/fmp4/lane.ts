import type { Milliseconds } from '../../domain/units.ts'
import { AudioTimer, type FrameTimer, VideoTimer } from './clock.ts'
import type { CodedFrame } from './flv-body.ts'
import { type Sample, type Track, VIDEO_TIMESCALE } from './track.ts'

/** For the only picture of a stream, since no other tells. */
const SOME_PICTURE = VIDEO_TIMESCALE / 25

/** The frames of one kind on their way to become samples. One is held back, since the next one tells how long it lasts. */
export class Lane {
  readonly #emit: (track: Track, sample: Sample, beforeKey: boolean) => void
  /** The sequence header that the track was read from. */
  header: Buffer | undefined
  track: Track | undefined
  /** Whether its frames are part of the stream. */
  active = false
  /** Whether frames came while it was not. */
  missed = false
  /** Time of the latest frame. */
  latest: Milliseconds | undefined
  #timer: FrameTimer | undefined
  #held: Omit<Sample, 'duration'> | undefined
  #duration: number | undefined

  constructor(emit: (track: Track, sample: Sample, beforeKey: boolean) => void) {
    this.#emit = emit
  }

  configure(header: Buffer, track: Track | undefined): void {
    this.header = header
    this.track = track
  }

  put({ compositionOffset, data, key }: CodedFrame & { readonly key: boolean }, at: Milliseconds): void {
    const { track } = this
    if (!track) return
    this.#timer ??= track.kind === 'video' ? new VideoTimer() : new AudioTimer(track)
    const dts = this.#timer.place(at, data)
    const isKey = key || track.kind === 'audio'
    if (this.#held) {
      this.#duration = dts - this.#held.dts
      this.#emit(track, { ...this.#held, duration: this.#duration }, isKey)
    }
    this.#held = { dts, compositionOffset: (compositionOffset * track.timescale) / 1000, key: isKey, data }
  }

  stop(): void {
    const { track } = this
    if (track && this.#held)
      this.#emit(track, { ...this.#held, duration: this.#lastDuration(track, this.#held.data) }, false)
    this.#held = undefined
    this.#timer = undefined
    this.#duration = undefined
    this.active = false
    this.missed = false
    this.latest = undefined
  }

  forget(): void {
    this.header = undefined
    this.track = undefined
  }

  #lastDuration(track: Track, frame: Buffer): number {
    return track.kind === 'audio' ? track.ticksOf(frame) : (this.#duration ?? SOME_PICTURE)
  }
}
