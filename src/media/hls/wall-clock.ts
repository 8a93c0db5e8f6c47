import type { Milliseconds, Seconds } from '../../domain/units.ts'

/** When the moments of a stream were, as far as it can be told: the latest sample has just come in. */
export class WallClock {
  #latest = { position: 0, at: 0 }
  #offset: Milliseconds | undefined

  note(position: Seconds): void {
    this.#latest = { position, at: Date.now() }
  }

  /** Milliseconds since 1970. Once it was asked, it stays with its answer, since players have seen it. */
  at(position: Seconds): Milliseconds {
    this.#offset ??= this.#latest.at - this.#latest.position * 1000
    return Math.round(this.#offset + position * 1000)
  }
}
