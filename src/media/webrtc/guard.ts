/** Hears of an exception that was kept from ending the process: a bug. */
export type OnFault = (error: unknown) => void

/** An exception that leaves a native callback aborts the process, so every callback is made by this. */
export function guarded<A extends unknown[]>(callback: (...args: A) => void, onFault: OnFault): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      attempt(() => onFault(error))
    }
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
