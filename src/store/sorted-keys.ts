import type { TimeSlice } from './time-slice.ts'

/** Keys are sorted within groups of a common prefix of this length, so that no sort is long. */
const PREFIX = 3

export async function sortedKeys(keys: Iterable<string>, slice: TimeSlice): Promise<string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const group = groups.get(key.slice(0, PREFIX))
    if (group) group.push(key)
    else groups.set(key.slice(0, PREFIX), [key])
    if (slice.isOver()) await slice.next()
  }
  const sorted: string[] = []
  for (const prefix of [...groups.keys()].sort()) {
    for (const key of groups.get(prefix)?.sort() ?? []) sorted.push(key)
    if (slice.isOver()) await slice.next()
  }
  return sorted
}
