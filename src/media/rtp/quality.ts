const LEAST = 150_000
const FIRST = 2_500_000
const MOST = 6_000_000

/** How many bits a second a publisher may send: more while little is lost, less when much is, as GCC does by loss. */
export class Quality {
  #bitrate = FIRST

  /** Takes the share of packets that were lost in the last second. */
  after(lost: number): number {
    if (lost < 0.02) this.#bitrate *= 1.08
    else if (lost > 0.1) this.#bitrate *= 1 - lost / 2
    this.#bitrate = Math.min(MOST, Math.max(LEAST, this.#bitrate))
    return Math.round(this.#bitrate)
  }
}
