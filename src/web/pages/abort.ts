/** Resolves after a while, or as soon as `signal` aborts or the browser is online again. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/** Aborts with `outer`, or before it. */
export function childOf(outer: AbortSignal): AbortController {
  const child = new AbortController()
  outer.addEventListener('abort', () => child.abort(), { signal: child.signal })
  if (outer.aborted) child.abort()
  return child
}
