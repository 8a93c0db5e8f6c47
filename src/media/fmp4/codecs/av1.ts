import { BitReader } from '../bit-reader.ts'
import { box } from '../box.ts'
import { VIDEO_TIMESCALE, type VideoTrack } from '../track.ts'
import { type PictureSize, visualEntry } from './visual-entry.ts'

const RECORD_HEADER = 4
const SEQUENCE_HEADER = 1
/** Levels above tell their tier. */
const LAST_LEVEL_WITHOUT_TIER = 7

/** From an `AV1CodecConfigurationRecord`, AV1-ISOBMFF section 2.3. Throws a RangeError where that is damaged. */
export function av1Track(record: Buffer): VideoTrack {
  const size = pictureSize(record.subarray(RECORD_HEADER))
  return {
    kind: 'video',
    timescale: VIDEO_TIMESCALE,
    codec: codecString(record),
    ...size,
    sampleEntry: visualEntry('av01', size, box('av1C', record)),
    // Every key frame brings its sequence header.
    parameterSets: Buffer.alloc(0),
  }
}

/** AV1-ISOBMFF, section 5. */
function codecString(record: Buffer): string {
  const bits = new BitReader(record.subarray(1))
  const profile = bits.bits(3)
  const level = String(bits.bits(5)).padStart(2, '0')
  const tier = bits.flag() ? 'H' : 'M'
  const highBitDepth = bits.flag()
  const twelveBits = bits.flag()
  const depth = highBitDepth ? (twelveBits ? '12' : '10') : '08'
  return `av01.${profile}.${level}${tier}.${depth}`
}

/** `sequence_header_obu` of the AV1 specification, section 5.5.1, behind its OBU header. */
function pictureSize(obu: Buffer): PictureSize {
  const bits = new BitReader(obu)
  bits.skip(1)
  if (bits.bits(4) !== SEQUENCE_HEADER) throw new RangeError('an av1C without sequence header')
  const extended = bits.flag()
  const sized = bits.flag()
  bits.skip(extended ? 9 : 1)
  if (sized) while (bits.flag()) bits.skip(7)
  if (sized) bits.skip(7)
  bits.skip(4)
  const reduced = bits.flag()
  if (reduced) bits.skip(5)
  else skipOperatingPoints(bits)
  const widthBits = bits.bits(4) + 1
  const heightBits = bits.bits(4) + 1
  return { width: bits.bits(widthBits) + 1, height: bits.bits(heightBits) + 1 }
}

function skipOperatingPoints(bits: BitReader): void {
  const timing = bits.flag()
  const delayBits = timing ? readTimingInfo(bits) : undefined
  const initialDelay = bits.flag()
  const points = bits.bits(5) + 1
  for (let i = 0; i < points; i++) {
    bits.skip(12)
    if (bits.bits(5) > LAST_LEVEL_WITHOUT_TIER) bits.skip(1)
    if (delayBits !== undefined && bits.flag()) bits.skip(2 * delayBits + 1)
    if (initialDelay && bits.flag()) bits.skip(4)
  }
}

/** Returns the size of the decoder model's delays, if there is a model. */
function readTimingInfo(bits: BitReader): number | undefined {
  bits.skip(64)
  if (bits.flag()) bits.unsignedGolomb()
  if (!bits.flag()) return undefined
  const delayBits = bits.bits(5) + 1
  bits.skip(32 + 5 + 5)
  return delayBits
}
