import type { Milliseconds } from '../../domain/units.ts'
import { guarded, type OnFault } from './guard.ts'

const LONGEST_TICK: Milliseconds = 1000

export interface Silence {
  readonly limit: Milliseconds
  /** Whether something had to come since this was asked last. */
  isOwed(): boolean
  onSilence(): void
  readonly onFault: OnFault
}

/**
 * Tells once when nothing was heard for too long. It looks ten times within the limit or oftener, and counts the looks:
 * by the clock, a process that itself stood still, as on a suspended machine, would take everybody for lost.
 */
export class SilenceWatch {
  readonly #timer: NodeJS.Timeout
  #quietLooks = 0

  constructor({ isOwed, limit, onFault, onSilence }: Silence) {
    const tick = Math.min(limit / 10, LONGEST_TICK)
    const look = () => {
      if (!isOwed()) this.heard()
      if (++this.#quietLooks * tick <= limit) return
      this.stop()
      onSilence()
    }
    this.#timer = setInterval(guarded(look, onFault), tick).unref()
  }

  heard(): void {
    this.#quietLooks = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
