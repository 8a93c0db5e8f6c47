import type { Milliseconds } from '../../domain/units.ts'
import { type AudioTrack, VIDEO_TIMESCALE } from './track.ts'

/** Takes the 32-bit times of packets for what is nearest to the one before. */
export class UnwrappedClock {
  #latest: Milliseconds | undefined

  read(dts: Milliseconds): Milliseconds {
    this.#latest = this.#latest === undefined ? dts : this.#latest + ((dts - this.#latest) | 0)
    return this.#latest
  }
}

/** Decoding times of a track in its ticks; each is later than the one before. */
export interface FrameTimer {
  place(at: Milliseconds, frame: Buffer): number
}

export class VideoTimer implements FrameTimer {
  #latest = Number.NEGATIVE_INFINITY

  place(at: Milliseconds): number {
    this.#latest = Math.max(this.#latest + 1, (at * VIDEO_TIMESCALE) / 1000)
    return this.#latest
  }
}

/** A frame that is later than this follows a hole. */
const HOLE: Milliseconds = 100
/** Publishers round to milliseconds, and some send audio in bunches. */
const SLACK: Milliseconds = 30

/** Lays frames of sound end to end, as they were coded, and follows the publisher's clock where it drifts away. */
export class AudioTimer implements FrameTimer {
  readonly #track: AudioTrack
  #next: number | undefined

  constructor(track: AudioTrack) {
    this.#track = track
  }

  place(at: Milliseconds, frame: Buffer): number {
    const ticks = this.#track.ticksOf(frame)
    const told = Math.round((at * this.#track.timescale) / 1000)
    const dts = this.#next === undefined ? told : this.#next + this.#correction(told - this.#next, ticks)
    this.#next = dts + ticks
    return dts
  }

  #correction(error: number, ticks: number): number {
    const perMillisecond = this.#track.timescale / 1000
    if (error > HOLE * perMillisecond) return error
    if (Math.abs(error) <= SLACK * perMillisecond) return 0
    return (Math.sign(error) * ticks) >> 3
  }
}
