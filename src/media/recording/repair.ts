import { type FileHandle, open } from 'node:fs/promises'
import type { Seconds } from '../../domain/units.ts'
import { writeAll } from './file-writer.ts'
import { readFragment } from './fragment-reader.ts'
import type { ReferenceTrack } from './fragmenter.ts'
import { type IndexedFragment, RESERVED, readReserved, segmentIndex } from './segment-index.ts'

const BOX_HEADER = 8
/** Far more than two seconds of samples need. */
const LARGEST_MOOF = 4 * 1024 * 1024
/** Less than this is not even a head, nor anybody's film. */
const SHORTEST_FILE = RESERVED

interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * Completes a recording that a crash cut short: what is torn is cut off, and the index written.
 * @returns undefined where no fragment of it is whole
 * @throws where it is none of ours
 */
export async function repair(
  path: string,
): Promise<{ readonly bytes: number; readonly duration: Seconds } | undefined> {
  const file = await open(path, 'r+')
  try {
    return await complete(file)
  } finally {
    await file.close()
  }
}

async function complete(file: FileHandle): Promise<{ bytes: number; duration: Seconds } | undefined> {
  const room = await findRoom(file)
  if (!room) return undefined
  const fragments = await readFragments(file, room)
  const [first] = fragments
  const last = fragments.at(-1)
  if (!first || !last) return undefined
  const bytes = fragments.reduce((end, { size }) => end + size, room.end)
  await file.truncate(bytes)
  await writeAll(file, segmentIndex(room.reference, fragments), room.start)
  await file.datasync()
  return { bytes, duration: (last.start + last.ticks - first.start) / room.reference.timescale }
}

interface Room {
  readonly start: number
  readonly end: number
  readonly reference: ReferenceTrack
}

/** Where the index belongs; undefined: the file ends before. */
async function findRoom(file: FileHandle): Promise<Room | undefined> {
  for await (const { type, end: start } of boxesOf(file, 0)) {
    if (type === 'ftyp') continue
    const room = await read(file, start, RESERVED)
    const reference = readReserved(room)
    if (type === 'moov' && reference) return { start, end: start + RESERVED, reference }
    if (type === 'moov' && isCutShort(room)) return undefined
    throw notOurs()
  }
  if ((await file.stat()).size < SHORTEST_FILE) return undefined
  throw notOurs()
}

/** Somebody has put another file in its place, which is not ours to throw away. */
function notOurs(): Error {
  return new Error('not a recording made here')
}

function isCutShort(room: Buffer): boolean {
  const type = room.toString('latin1', 4, BOX_HEADER)
  return room.length < RESERVED && ['free', 'sidx'].some((ours) => ours.startsWith(type))
}

/** Those that are there as a whole, up to the first that is not. */
async function readFragments(file: FileHandle, { end, reference }: Room): Promise<IndexedFragment[]> {
  const fragments: IndexedFragment[] = []
  let decoded = 0
  let delay: number | undefined
  let moof: Box | undefined
  for await (const box of boxesOf(file, end)) {
    if (box.type === 'mdat' && moof) {
      const times = readFragment(await contentOf(file, moof), reference.id)
      if (times) delay ??= Math.max(0, times.compositionOffset)
      const { key, start, ticks } = times ?? { key: false, start: decoded, ticks: 0 }
      decoded = start + ticks
      fragments.push({ key, start: start + (delay ?? 0), ticks, size: box.end - moof.start })
    } else if (box.type !== 'moof' || box.end - box.start > LARGEST_MOOF) {
      break
    }
    moof = box
  }
  return fragments
}

/** The boxes from `position` on that are there as a whole. */
async function* boxesOf(file: FileHandle, position: number): AsyncGenerator<Box> {
  const { size } = await file.stat()
  for (let start = position; start + BOX_HEADER <= size; ) {
    const header = await read(file, start, BOX_HEADER)
    const end = start + header.readUInt32BE(0)
    if (end < start + BOX_HEADER || end > size) return
    yield { type: header.toString('latin1', 4, 8), start, end }
    start = end
  }
}

function contentOf(file: FileHandle, { start, end }: Box): Promise<Buffer> {
  return read(file, start + BOX_HEADER, end - start - BOX_HEADER)
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
