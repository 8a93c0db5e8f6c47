import type { Milliseconds } from '../../../domain/units.ts'

const FIRST: Milliseconds = 1000
const LONGEST: Milliseconds = 15_000

/** How long to wait after so many failures: 1, 2, 4 … 15 s, a little apart for each page. */
export function retryDelay(failures: number): Milliseconds {
  return Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 4)) * (0.8 + Math.random() * 0.4)
}
