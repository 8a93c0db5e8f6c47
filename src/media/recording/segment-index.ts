import { box, fullBox, u16, u32, writeU64 } from '../fmp4/box.ts'
import type { ReferenceTrack } from './fragmenter.ts'

/** 24 KB of every file; longer recordings have several fragments to an entry. */
export const MOST_REFERENCES = 2000
const REFERENCE = 12
const HEADER = 40
const BOX_HEADER = 8
/** Version and flags. */
const VERSION = 4
/** How long the room for the index is. */
export const RESERVED = HEADER + MOST_REFERENCES * REFERENCE + BOX_HEADER
const LARGEST_REFERENCE = 2 ** 31 - 1
const LONGEST_REFERENCE = 2 ** 32 - 1
/** Begins with a stream access point of type 1. */
const STARTS_WITH_KEY = 0x9000_0000
const MAGIC = Buffer.from('amsctl')

/** A fragment in the file. */
export interface IndexedFragment {
  readonly size: number
  readonly key: boolean
  readonly start: number
  readonly ticks: number
}

/**
 * Room for the index, to be written when the file is complete: a `free` box, which says meanwhile what a later process
 * must know to write it.
 */
export function reserveIndex({ id, timescale }: ReferenceTrack): Buffer {
  const facts = Buffer.concat([MAGIC, u32(id, timescale)])
  return box('free', facts, Buffer.alloc(RESERVED - BOX_HEADER - facts.length))
}

/** What {@link reserveIndex} or {@link segmentIndex} said at the beginning of that room; undefined: it is no such room. */
export function readReserved(room: Buffer): ReferenceTrack | undefined {
  if (room.length !== RESERVED) return undefined
  const type = room.toString('latin1', 4, BOX_HEADER)
  const facts = BOX_HEADER + (type === 'sidx' ? VERSION : MAGIC.length)
  const isOurs = room.subarray(BOX_HEADER, facts).equals(type === 'sidx' ? u32(2 ** 24) : MAGIC)
  return isOurs ? { id: room.readUInt32BE(facts), timescale: room.readUInt32BE(facts + 4) } : undefined
}

/** As many bytes as {@link reserveIndex}: `sidx`, ISO/IEC 14496-12 section 8.16.3, for fragments that follow at once. */
export function segmentIndex({ id, timescale }: ReferenceTrack, fragments: readonly IndexedFragment[]): Buffer {
  const references = condense(fragments)
  const rest = RESERVED - HEADER - references.length * REFERENCE
  const times = Buffer.alloc(16)
  writeU64(times, rest, writeU64(times, fragments[0]?.start ?? 0, 0))
  const rows = references.map(({ size, ticks, key }) => u32(size, ticks, key ? STARTS_WITH_KEY : 0))
  const index = fullBox('sidx', 1, 0, u32(id, timescale), times, u16(0, references.length), ...rows)
  return Buffer.concat([index, box('free', Buffer.alloc(rest - BOX_HEADER))])
}

/** Players add up the durations: what a slow disk has left out counts to the fragment before. */
function untilNext(fragment: IndexedFragment, index: number, all: readonly IndexedFragment[]): IndexedFragment {
  const next = all[index + 1]
  if (!next) return fragment
  return { ...fragment, ticks: Math.min(Math.max(0, next.start - fragment.start), LONGEST_REFERENCE) }
}

/** Joins fragments until they fit; each entry begins at a key frame where there are any. */
export function condense(fragments: readonly IndexedFragment[]): IndexedFragment[] {
  let entries = joined(fragments.map(untilNext), (next) => next.key)
  while (entries.length > MOST_REFERENCES) entries = joined(entries, (_, index) => index % 2 === 0)
  return entries
}

function joined(
  fragments: readonly IndexedFragment[],
  begins: (fragment: IndexedFragment, index: number) => boolean,
): IndexedFragment[] {
  const entries: IndexedFragment[] = []
  for (const [index, next] of fragments.entries()) {
    const last = entries.at(-1)
    if (!last || begins(next, index) || !fitsBehind(last, next)) entries.push(next)
    else entries[entries.length - 1] = { ...last, size: last.size + next.size, ticks: last.ticks + next.ticks }
  }
  return entries
}

function fitsBehind(last: IndexedFragment, next: IndexedFragment): boolean {
  return last.size + next.size <= LARGEST_REFERENCE && last.ticks + next.ticks <= LONGEST_REFERENCE
}
