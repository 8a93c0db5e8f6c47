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

/** Tells once when nothing was heard for too long, and looks for that ten times within the limit or oftener. */
export class SilenceWatch {
  readonly #timer: NodeJS.Timeout
  #heardAt: Milliseconds = performance.now()

  constructor({ isOwed, limit, onFault, onSilence }: Silence) {
    const look = () => {
      if (!isOwed()) this.heard()
      if (performance.now() - this.#heardAt <= limit) return
      this.stop()
      onSilence()
    }
    this.#timer = setInterval(guarded(look, onFault), Math.min(limit / 10, LONGEST_TICK)).unref()
  }

  heard(): void {
    this.#heardAt = performance.now()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
