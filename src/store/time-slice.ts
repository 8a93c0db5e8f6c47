import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Milliseconds } from '../domain/units.ts'

/** Long work hands the event loop back after this much of it: a stream waits no longer than that. */
const SLICE: Milliseconds = 8

/** Cuts long work into turns of the event loop: `if (slice.isOver()) await slice.next()`. */
export class TimeSlice {
  #end = performance.now() + SLICE

  isOver(): boolean {
    return performance.now() >= this.#end
  }

  async next(): Promise<void> {
    await nextTurn()
    this.#end = performance.now() + SLICE
  }
}
