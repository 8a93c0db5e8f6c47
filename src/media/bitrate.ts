import type { Milliseconds } from '../domain/units.ts'

const WINDOW = 5

/** Bits a second over the last few whole seconds. */
export class Bitrate {
  readonly #bytes = new Array<number>(WINDOW + 1).fill(0)
  #second = 0

  add(bytes: number, now: Milliseconds): void {
    this.#advance(now)
    const slot = this.#second % this.#bytes.length
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes
  }

  at(now: Milliseconds): number {
    this.#advance(now)
    const current = this.#bytes[this.#second % this.#bytes.length] ?? 0
    const whole = this.#bytes.reduce((sum, bytes) => sum + bytes, 0) - current
    return Math.round((whole * 8) / WINDOW)
  }

  #advance(now: Milliseconds): void {
    const second = Math.floor(now / 1000)
    const stale = Math.min(second - this.#second, this.#bytes.length)
    for (let i = 0; i < stale; i++) this.#bytes[(second - i) % this.#bytes.length] = 0
    this.#second = second
  }
}
