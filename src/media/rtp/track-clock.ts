import type { Milliseconds } from '../../domain/units.ts'
import type { SenderReport } from './rtcp.ts'

const NTP_SECOND = 2 ** 32

/** What the tracks of one publisher share: when its own clock was at 0 of the stream. */
export interface PublisherClock {
  origin: Milliseconds | undefined
}

/** Turns the timestamps of one track into times of the stream. Sender reports bring the tracks together. */
export class TrackClock {
  readonly #rate: number
  readonly #shared: PublisherClock
  #latest: number | undefined
  /** In ticks, counting on where 32 bits wrap. */
  #ticks = 0
  #offset: Milliseconds | undefined
  #told: Milliseconds = 0

  constructor(rate: number, shared: PublisherClock) {
    this.#rate = rate
    this.#shared = shared
  }

  /** The time of `timestamp`, never earlier than the one told before; `now` is that of the stream. */
  place(timestamp: number, now: Milliseconds): Milliseconds {
    const at = (this.#unwrap(timestamp) * 1000) / this.#rate
    this.#offset ??= now - at
    this.#told = Math.max(this.#told, Math.round(at + this.#offset), 0)
    return this.#told
  }

  /** RFC 3550, section 6.4.1: which time of the publisher a timestamp stands for. */
  align({ ntp, rtpTimestamp }: SenderReport): void {
    if (this.#offset === undefined) return
    const at = ((this.#ticks + ((rtpTimestamp - (this.#latest ?? 0)) >> 0)) * 1000) / this.#rate
    const wall = (Number(ntp >> 32n) + Number(ntp & 0xffffffffn) / NTP_SECOND) * 1000
    this.#shared.origin ??= wall - (at + this.#offset)
    this.#offset = wall - this.#shared.origin - at
  }

  #unwrap(timestamp: number): number {
    if (this.#latest !== undefined) this.#ticks += (timestamp - this.#latest) >> 0
    this.#latest = timestamp
    return this.#ticks
  }
}
