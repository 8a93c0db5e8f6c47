import { BitReader } from '../bit-reader.ts'
import { fullBox, u8, u16, u32 } from '../box.ts'
import type { AudioTrack } from '../track.ts'
import { audioEntry } from './audio-entry.ts'

/** ISO/IEC 14496-3, table 1.18. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
const EXPLICIT_RATE = 15
const LOWEST_RATE = 7350
const HIGHEST_RATE = 192_000
/** Table 1.19; 0: told elsewhere, which nobody sends for anything but stereo. */
const CHANNELS = [2, 1, 2, 3, 4, 5, 6, 8]
const OBJECT_TYPES = { escape: 31, sbr: 5, ps: 29, lowDelay: 23, enhancedLowDelay: 39 } as const
/** Far above what any encoder sends, and below what would need longer descriptor sizes. */
const LONGEST_CONFIG = 64

/** ISO/IEC 14496-1, section 7.2.2.1. */
const DESCRIPTORS = { es: 3, decoderConfig: 4, decoderSpecific: 5, syncLayer: 6 } as const
const MPEG4_AUDIO = 0x40
const AUDIO_STREAM = 0x15
const PREDEFINED_FOR_MP4 = 2

/** From an `AudioSpecificConfig`, ISO/IEC 14496-3 section 1.6.2.1. Throws a RangeError where that is damaged. */
export function aacTrack(config: Buffer): AudioTrack {
  if (config.length > LONGEST_CONFIG) throw new RangeError('an AudioSpecificConfig that is too long')
  const bits = new BitReader(config)
  const objectType = readObjectType(bits)
  const rate = readRate(bits)
  const channels = CHANNELS[bits.bits(4)]
  if (channels === undefined) throw new RangeError('an unknown channel configuration')
  const frame = frameLength(objectType, bits)
  return {
    kind: 'audio',
    timescale: rate,
    codec: `mp4a.40.${objectType}`,
    sampleEntry: audioEntry('mp4a', { rate, channels }, esds(config)),
    ticksOf: () => frame,
  }
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5)
  return type === OBJECT_TYPES.escape ? 32 + bits.bits(6) : type
}

function readRate(bits: BitReader): number {
  const index = bits.bits(4)
  const rate = index === EXPLICIT_RATE ? bits.bits(24) : RATES[index]
  if (rate === undefined || rate < LOWEST_RATE || rate > HIGHEST_RATE) throw new RangeError('an unknown sampling rate')
  return rate
}

/** In samples of the core's rate: `frameLengthFlag` of GASpecificConfig makes frames a sixteenth shorter. */
function frameLength(objectType: number, bits: BitReader): number {
  if (objectType === OBJECT_TYPES.sbr || objectType === OBJECT_TYPES.ps) {
    readRate(bits)
    readObjectType(bits)
  }
  const lowDelay = objectType === OBJECT_TYPES.lowDelay || objectType === OBJECT_TYPES.enhancedLowDelay
  const full = lowDelay ? 512 : 1024
  return bits.flag() ? (full * 15) / 16 : full
}

function esds(config: Buffer): Buffer {
  const specific = descriptor(DESCRIPTORS.decoderSpecific, config)
  const decoder = descriptor(
    DESCRIPTORS.decoderConfig,
    Buffer.concat([u8(MPEG4_AUDIO, AUDIO_STREAM, 0, 0, 0), u32(0, 0), specific]),
  )
  const syncLayer = descriptor(DESCRIPTORS.syncLayer, u8(PREDEFINED_FOR_MP4))
  return fullBox('esds', 0, 0, descriptor(DESCRIPTORS.es, Buffer.concat([u16(0), u8(0), decoder, syncLayer])))
}

function descriptor(tag: number, content: Buffer): Buffer {
  return Buffer.concat([u8(tag, content.length), content])
}
