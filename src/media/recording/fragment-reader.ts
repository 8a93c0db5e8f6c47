const BOX_HEADER = 8
const BITS_32 = 2 ** 32
/** Flags of `trun`, ISO/IEC 14496-12 section 8.8.8. */
const DATA_OFFSET = 0x1
const FIRST_SAMPLE_FLAGS = 0x4
const ROW_FIELDS = { duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 } as const
const NON_SYNC = 0x0001_0000

export interface FragmentTimes {
  readonly key: boolean
  /** Decoding time of the first one. */
  readonly start: number
  /** How much later than that it is shown. */
  readonly compositionOffset: number
  readonly ticks: number
}

/** When the samples of track `trackId` in one of our fragments are; undefined: there are none. */
export function readFragment(moof: Buffer, trackId: number): FragmentTimes | undefined {
  try {
    const trafs = [...childrenOf(moof)].filter(({ type }) => type === 'traf')
    for (const { content } of trafs) {
      const boxes = new Map([...childrenOf(content)].map((child) => [child.type, child.content]))
      const [tfhd, tfdt, trun] = ['tfhd', 'tfdt', 'trun'].map((type) => boxes.get(type))
      if (tfhd && tfdt && trun && tfhd.readUInt32BE(4) === trackId) return readRun(readU64(tfdt, 4), trun)
    }
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readRun(decodeTime: number, trun: Buffer): FragmentTimes {
  const flags = trun.readUInt32BE(0) & 0xff_ffff
  const count = trun.readUInt32BE(4)
  const fields: number[] = Object.values(ROW_FIELDS).filter((field) => (flags & field) !== 0)
  const first = 8 + (flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_SAMPLE_FLAGS ? 4 : 0)
  const row = fields.length * 4
  const at = (field: number) => first + fields.indexOf(field) * 4
  let ticks = 0
  for (let sample = 0; sample < count; sample++) ticks += trun.readUInt32BE(at(ROW_FIELDS.duration) + sample * row)
  const isVideo = (flags & ROW_FIELDS.flags) !== 0
  const compositionOffset =
    flags & ROW_FIELDS.compositionOffset ? trun.readInt32BE(at(ROW_FIELDS.compositionOffset)) : 0
  const key = !isVideo || (trun.readUInt32BE(at(ROW_FIELDS.flags)) & NON_SYNC) === 0
  return { key, start: decodeTime, compositionOffset, ticks }
}

function* childrenOf(content: Buffer): Generator<{ readonly type: string; readonly content: Buffer }> {
  for (let start = 0; start + BOX_HEADER <= content.length; ) {
    const end = start + content.readUInt32BE(start)
    if (end < start + BOX_HEADER || end > content.length) throw new RangeError('a box is cut short')
    yield { type: content.toString('latin1', start + 4, start + 8), content: content.subarray(start + BOX_HEADER, end) }
    start = end
  }
}

function readU64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32BE(offset) * BITS_32 + buffer.readUInt32BE(offset + 4)
}
