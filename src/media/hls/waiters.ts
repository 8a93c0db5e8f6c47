import type { Milliseconds } from '../../domain/units.ts'

/** Those who wait for something to become true. */
export class Waiters {
  readonly #checks = new Set<() => void>()

  get size(): number {
    return this.#checks.size
  }

  /** Resolves as soon as `condition` holds after a {@link changed}, when `signal` aborts, or after `within`. */
  until(condition: () => boolean, within: Milliseconds, signal?: AbortSignal): Promise<void> {
    if (condition() || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#checks.delete(check)
        resolve()
      }
      const check = () => {
        if (condition()) done()
      }
      const timer = setTimeout(done, within)
      signal?.addEventListener('abort', done)
      this.#checks.add(check)
    })
  }

  changed(): void {
    for (const check of [...this.#checks]) check()
  }
}
