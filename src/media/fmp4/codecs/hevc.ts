import { BitReader, withoutEmulationPrevention } from '../bit-reader.ts'
import { box } from '../box.ts'
import { VIDEO_TIMESCALE, type VideoTrack } from '../track.ts'
import { readCrop } from './h264.ts'
import { lengthPrefixed, readUnits } from './nal-units.ts'
import { type PictureSize, visualEntry } from './visual-entry.ts'

const SPS = 33
/** VPS, SPS, PPS. */
const PARAMETER_SETS = [32, SPS, 34]
const LENGTH_SIZE = 21
const ARRAYS = 22
const PROFILE_SPACES = ['', 'A', 'B', 'C']

/** From an `HEVCDecoderConfigurationRecord`, ISO/IEC 14496-15 section 8.3.3.1. Throws a RangeError where that is damaged. */
export function hevcTrack(record: Buffer): VideoTrack {
  const { units, sps } = readArrays(record)
  const size = pictureSize(sps)
  return {
    kind: 'video',
    timescale: VIDEO_TIMESCALE,
    codec: codecString(record),
    ...size,
    sampleEntry: visualEntry('hvc1', size, box('hvcC', record)),
    parameterSets: lengthPrefixed(units, 1 + (record.readUInt8(LENGTH_SIZE) & 3)),
  }
}

/** All parameter sets, and the first SPS. */
function readArrays(record: Buffer): { units: readonly Buffer[]; sps: Buffer } {
  const units: Buffer[] = []
  let sps: Buffer | undefined
  let offset = ARRAYS + 1
  for (let arrays = record.readUInt8(ARRAYS); arrays > 0; arrays--) {
    const type = record.readUInt8(offset) & 0x3f
    const array = readUnits(record, offset + 3, record.readUInt16BE(offset + 1))
    if (type === SPS) sps ??= array.units[0]
    if (PARAMETER_SETS.includes(type)) units.push(...array.units)
    offset = array.end
  }
  if (!sps) throw new RangeError('an hvcC without SPS')
  return { units, sps }
}

/** ISO/IEC 14496-15, annex E.3. */
function codecString(record: Buffer): string {
  const first = record.readUInt8(1)
  const profile = `${PROFILE_SPACES[first >> 6]}${first & 0x1f}`
  const compatibility = reverseBits(record.readUInt32BE(2)).toString(16)
  const level = `${first & 0x20 ? 'H' : 'L'}${record.readUInt8(12)}`
  const constraints = [...record.subarray(6, 12)]
  while (constraints.at(-1) === 0) constraints.pop()
  return ['hvc1', profile, compatibility, level, ...constraints.map((byte) => byte.toString(16))].join('.')
}

function reverseBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}

/** H.265, section 7.3.2.2.1. */
function pictureSize(unit: Buffer): PictureSize {
  const sps = new BitReader(withoutEmulationPrevention(unit))
  sps.skip(16 + 4)
  const subLayers = sps.bits(3)
  sps.skip(1)
  skipProfileTierLevel(sps, subLayers)
  sps.unsignedGolomb()
  const chromaFormat = sps.unsignedGolomb()
  if (chromaFormat === 3) sps.skip(1)
  const width = sps.unsignedGolomb()
  const height = sps.unsignedGolomb()
  const crop = sps.flag() ? readCrop(sps) : { x: 0, y: 0 }
  return {
    width: width - crop.x * (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1),
    height: height - crop.y * (chromaFormat === 1 ? 2 : 1),
  }
}

/** H.265, section 7.3.3. */
function skipProfileTierLevel(sps: BitReader, subLayers: number): void {
  sps.skip(96)
  const present = Array.from({ length: subLayers }, () => ({ profile: sps.flag(), level: sps.flag() }))
  if (subLayers > 0) sps.skip(2 * (8 - subLayers))
  for (const { profile, level } of present) sps.skip((profile ? 88 : 0) + (level ? 8 : 0))
}
