import { type FileHandle, open } from 'node:fs/promises'
import type { Seconds } from '../../domain/units.ts'
import { writeAll } from './file-writer.ts'
import { readFragment } from './fragment-reader.ts'
import type { ReferenceTrack } from './fragmenter.ts'
import { type IndexedFragment, readReserved, segmentIndex } from './segment-index.ts'

const BOX_HEADER = 8
/** Far more than two seconds of samples need. */
const LARGEST_MOOF = 4 * 1024 * 1024

interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * Completes a recording that a crash cut short: what is torn is cut off, and the index written.
 * @returns undefined where no fragment of it is whole
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
  const { size } = await file.stat()
  const boxes = boxesOf(file, size)
  let reserved: { readonly box: Box; readonly reference: ReferenceTrack } | undefined
  let moof: Box | undefined
  let bytes = 0
  const fragments: IndexedFragment[] = []
  for await (const box of boxes) {
    if (box.type === 'free' && !reserved) {
      const reference = readReserved(await contentOf(file, box))
      if (reference) reserved = { box, reference }
    }
    if (box.type === 'mdat' && moof && reserved) {
      const times = readFragment(await contentOf(file, moof), reserved.reference.id)
      const last = fragments.at(-1)
      const soundOnly = { key: false, start: last ? last.start + last.ticks : 0, ticks: 0 }
      fragments.push({ ...(times ?? soundOnly), size: box.end - moof.start })
      bytes = box.end
    }
    moof = box.type === 'moof' && box.end - box.start <= LARGEST_MOOF ? box : undefined
  }
  const [first] = fragments
  const last = fragments.at(-1)
  if (!reserved || !first || !last) return undefined
  await file.truncate(bytes)
  await writeAll(file, segmentIndex(reserved.reference, fragments), reserved.box.start)
  await file.datasync()
  return { bytes, duration: (last.start + last.ticks - first.start) / reserved.reference.timescale }
}

/** The boxes at the top of the file that are there as a whole. */
async function* boxesOf(file: FileHandle, size: number): AsyncGenerator<Box> {
  for (let start = 0; start + BOX_HEADER <= size; ) {
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
