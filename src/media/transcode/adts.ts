import { BitReader } from '../fmp4/bit-reader.ts'

/** ADTS, ISO/IEC 14496-3 section 1.A.2: frames of AAC that each tell how they are coded. */
const SYNC = 0xfff0
const HEADER = 7
const WITH_CHECKSUM = 9
/** What 13 bits tell. */
export const LARGEST_FRAME = 0x1fff - HEADER
/** Table 1.18. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
/** SBR and PS are told on top of the core's object type, and found by decoders without being told. */
const OBJECT_TYPES = { sbr: 5, ps: 29, last: 4 } as const

export interface AdtsFormat {
  readonly objectType: number
  readonly rateIndex: number
  /** Hz, of the core. */
  readonly rate: number
  readonly channels: number
}

/** From an `AudioSpecificConfig`, section 1.6.2.1; undefined: what ADTS has no fields for, or damaged. */
export function adtsFormat(config: Buffer): AdtsFormat | undefined {
  try {
    const bits = new BitReader(config)
    let objectType = bits.bits(5)
    const rateIndex = bits.bits(4)
    const rate = RATES[rateIndex]
    const channels = bits.bits(4)
    if (objectType === OBJECT_TYPES.sbr || objectType === OBJECT_TYPES.ps) {
      if (bits.bits(4) === 15) bits.bits(24)
      objectType = bits.bits(5)
    }
    const shortFrames = bits.flag()
    const told = objectType >= 1 && objectType <= OBJECT_TYPES.last && channels >= 1 && channels <= 7
    return told && rate !== undefined && !shortFrames ? { objectType, rateIndex, rate, channels } : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `frame` is no longer than {@link LARGEST_FRAME}. */
export function adtsFrame({ objectType, rateIndex, channels }: AdtsFormat, frame: Buffer): Buffer {
  const length = HEADER + frame.length
  const header = Buffer.from([
    0xff,
    // MPEG-4, no checksum
    0xf1,
    ((objectType - 1) << 6) | (rateIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    // The buffer is told as that of a variable rate.
    ((length & 7) << 5) | 0x1f,
    0xfc,
  ])
  return Buffer.concat([header, frame])
}

export interface AdtsPart {
  /** The `AudioSpecificConfig` that the frame is coded by. */
  readonly config: Buffer
  readonly frame: Buffer
}

/** Reads frames, however they are cut. */
export class AdtsReader {
  #rest: Buffer = Buffer.alloc(0)

  push(data: Buffer): AdtsPart[] {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    const parts: AdtsPart[] = []
    while (this.#rest.length >= HEADER) {
      const length = (this.#rest.readUIntBE(3, 3) >> 5) & 0x1fff
      const sound = (this.#rest.readUInt16BE(0) & 0xfff6) === SYNC && length > HEADER
      if (sound && this.#rest.length < length) break
      if (sound) parts.push(readPart(this.#rest.subarray(0, length)))
      this.#rest = this.#rest.subarray(sound ? length : 1)
    }
    return parts
  }
}

function readPart(data: Buffer): AdtsPart {
  const fields = data.readUInt16BE(2)
  const objectType = (fields >> 14) + 1
  const rateIndex = (fields >> 10) & 15
  const channels = (fields >> 6) & 7
  const unprotected = (data.readUInt8(1) & 1) === 1
  const config = Buffer.alloc(2)
  config.writeUInt16BE((objectType << 11) | (rateIndex << 7) | (channels << 3))
  return { config, frame: data.subarray(unprotected ? HEADER : WITH_CHECKSUM) }
}
