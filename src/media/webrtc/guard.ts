/** An exception that leaves a native callback aborts the process, so every callback is made by this. */
export function guarded<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    attempt(() => callback(...args))
  }
}

/** Calls into the native side throw on what is closed or malformed: undefined then. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
