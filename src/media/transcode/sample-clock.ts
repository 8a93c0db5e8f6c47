import type { Milliseconds } from '../../domain/units.ts'

/** Samples a millisecond. Positions are counted in samples of 48 kHz, whatever the codec's own rate. */
export const TICKS = 48
/** A packet that is off by more begins anew; what is less is rounding, jitter or a clock that goes wrong slowly. */
const GAP: Milliseconds = 100
/** How much of what a packet is off by is taken over. */
const WEIGHT = 1 / 64

interface Mark {
  readonly position: number
  readonly at: Milliseconds
}

/** Which time of the stream a sample has that comes out of a codec, by the times of the packets that went in. */
export class SampleClock {
  readonly #marks: Mark[] = []
  /** In samples, of all that went in. */
  end = 0
  /** Counts on where the stream's times wrap. */
  #expected: Milliseconds | undefined

  /** A packet of `ticks` samples goes in. */
  push(dts: Milliseconds, ticks: number): void {
    const expected = this.#expected ?? dts
    const off = (dts - Math.round(expected)) >> 0
    const at = expected + (Math.abs(off) > GAP ? off : off * WEIGHT)
    this.#marks.push({ position: this.end, at })
    this.end += ticks
    this.#expected = at + ticks / TICKS
  }

  /** Positions are asked for in order; undefined: before anything went in, or before the stream began. */
  timeOf(position: number): Milliseconds | undefined {
    while ((this.#marks[1]?.position ?? Number.POSITIVE_INFINITY) <= position) this.#marks.shift()
    const [mark] = this.#marks
    if (!mark) return undefined
    const at = Math.round(mark.at + (position - mark.position) / TICKS)
    return at < 0 ? undefined : at % 2 ** 32
  }
}
