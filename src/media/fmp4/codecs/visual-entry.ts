import { box, u16, u32 } from '../box.ts'

const DPI_72 = 0x48_0000
const DEPTH_24 = 0x18
const NO_COLOR_TABLE = 0xffff

export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** `VisualSampleEntry` of ISO/IEC 14496-12, section 12.1.3, around the decoder's `configuration` box. */
export function visualEntry(type: string, { width, height }: PictureSize, configuration: Buffer): Buffer {
  if (width === 0 || height === 0) throw new RangeError('a picture without a size')
  return box(
    type,
    u16(0, 0, 0, 1),
    Buffer.alloc(16),
    u16(width, height),
    u32(DPI_72, DPI_72, 0),
    u16(1),
    Buffer.alloc(32),
    u16(DEPTH_24, NO_COLOR_TABLE),
    configuration,
  )
}
