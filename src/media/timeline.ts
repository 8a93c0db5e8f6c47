import type { Milliseconds } from '../domain/units.ts'
import type { MediaPacket } from './ports.ts'

/** Keeps a stream's timestamps going on when another publisher takes over, whose own begin anywhere. */
export class Timeline {
  /** Of the media so far; undefined before the first. */
  #latest: Milliseconds | undefined
  #latestAt: Milliseconds = 0
  /** What is added to the publisher's timestamps; undefined until a packet after {@link restart} tells. */
  #offset: Milliseconds | undefined = 0

  restart(): void {
    this.#offset = undefined
  }

  /** The time of `packet` in the stream, given the instant `now`; wraps at 2^32 as the wire does. */
  place(packet: MediaPacket, now: Milliseconds): Milliseconds {
    if (this.#offset === undefined) {
      const resumed = (this.#latest ?? 0) + Math.max(1, Math.round(now - this.#latestAt))
      // Sequence headers often carry 0 whatever the time of the media that follows them.
      if (packet.config) return resumed >>> 0
      this.#offset = resumed - packet.dts
    }
    const dts = (packet.dts + this.#offset) >>> 0
    if (!packet.config && (this.#latest === undefined || (dts - this.#latest) >> 0 >= 0)) {
      this.#latest = dts
      this.#latestAt = now
    }
    return dts
  }
}
