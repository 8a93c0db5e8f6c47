/** So many at once that the server is sure to answer the last of them in time. */
const SLICE = 100

/** Does `work` for all of `items`, some at a time; after a failure for no more of them. */
export async function inSlices<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += SLICE) {
    const outcomes = await Promise.allSettled(items.slice(from, from + SLICE).map(work))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason
      results.push(outcome.value)
    }
  }
  return results
}
