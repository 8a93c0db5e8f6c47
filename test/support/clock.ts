import { onTestFinished, vi } from 'vitest'

/** `performance.now` tells what it is told to for the rest of the test; until then the same time again and again. */
export function standingClock() {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  onTestFinished(() => clock.mockRestore())
  return clock
}
