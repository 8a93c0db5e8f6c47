import { box, u16, u32 } from '../box.ts'

export interface Sound {
  readonly rate: number
  readonly channels: number
}

/** `AudioSampleEntry` of ISO/IEC 14496-12, section 12.2.3, around the decoder's `configuration` box. */
export function audioEntry(type: string, { rate, channels }: Sound, configuration: Buffer): Buffer {
  // 16.16 bits hold no more; above, decoders go by the configuration alone.
  const shownRate = rate <= 0xffff ? rate * 0x10000 : 0
  return box(type, u16(0, 0, 0, 1, 0, 0, 0, 0, channels, 16, 0, 0), u32(shownRate), configuration)
}
