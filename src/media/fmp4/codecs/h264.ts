import { BitReader, withoutEmulationPrevention } from '../bit-reader.ts'
import { box } from '../box.ts'
import { VIDEO_TIMESCALE, type VideoTrack } from '../track.ts'
import { lengthPrefixed, readUnits } from './nal-units.ts'
import { type PictureSize, visualEntry } from './visual-entry.ts'

/** The profiles whose SPS tells its chroma format, H.264 section 7.3.2.1.1. */
const PROFILES_WITH_CHROMA = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
const MACROBLOCK = 16

/** From an `AVCDecoderConfigurationRecord`, ISO/IEC 14496-15 section 5.3.3.1. Throws a RangeError where that is damaged. */
export function h264Track(record: Buffer): VideoTrack {
  if (record.readUInt8(0) !== 1) throw new RangeError('an avcC of an unknown version')
  const sps = readUnits(record, 6, record.readUInt8(5) & 0x1f)
  const pps = readUnits(record, sps.end + 1, record.readUInt8(sps.end))
  const [first] = sps.units
  if (!first) throw new RangeError('an avcC without SPS')
  const size = pictureSize(first)
  return {
    kind: 'video',
    timescale: VIDEO_TIMESCALE,
    codec: `avc1.${record.toString('hex', 1, 4)}`,
    ...size,
    sampleEntry: visualEntry('avc1', size, box('avcC', record)),
    parameterSets: lengthPrefixed([...sps.units, ...pps.units], 1 + (record.readUInt8(4) & 3)),
  }
}

function pictureSize(unit: Buffer): PictureSize {
  const sps = new BitReader(withoutEmulationPrevention(unit))
  sps.skip(8)
  const profile = sps.bits(8)
  sps.skip(16)
  sps.unsignedGolomb()
  const chroma = PROFILES_WITH_CHROMA.includes(profile) ? readChroma(sps) : { format: 1, separatePlanes: false }
  sps.unsignedGolomb()
  skipPictureOrder(sps)
  sps.unsignedGolomb()
  sps.skip(1)
  const widthInMacroblocks = sps.unsignedGolomb() + 1
  const heightInMapUnits = sps.unsignedGolomb() + 1
  const framesOnly = sps.flag()
  if (!framesOnly) sps.skip(1)
  sps.skip(1)
  const fields = framesOnly ? 1 : 2
  const crop = sps.flag() ? readCrop(sps) : { x: 0, y: 0 }
  const subsampled = !chroma.separatePlanes
  const cropUnitX = subsampled && (chroma.format === 1 || chroma.format === 2) ? 2 : 1
  const cropUnitY = (subsampled && chroma.format === 1 ? 2 : 1) * fields
  return {
    width: widthInMacroblocks * MACROBLOCK - crop.x * cropUnitX,
    height: heightInMapUnits * MACROBLOCK * fields - crop.y * cropUnitY,
  }
}

function readChroma(sps: BitReader): { format: number; separatePlanes: boolean } {
  const format = sps.unsignedGolomb()
  const separatePlanes = format === 3 && sps.flag()
  sps.unsignedGolomb()
  sps.unsignedGolomb()
  sps.skip(1)
  if (sps.flag()) {
    const lists = format === 3 ? 12 : 8
    for (let i = 0; i < lists; i++) if (sps.flag()) skipScalingList(sps, i < 6 ? 16 : 64)
  }
  return { format, separatePlanes }
}

function skipScalingList(sps: BitReader, size: number): void {
  let last = 8
  for (let i = 0; i < size; i++) {
    const next = (last + sps.signedGolomb() + 256) % 256
    if (next === 0) return
    last = next
  }
}

function skipPictureOrder(sps: BitReader): void {
  const type = sps.unsignedGolomb()
  if (type === 0) sps.unsignedGolomb()
  if (type !== 1) return
  sps.skip(1)
  sps.signedGolomb()
  sps.signedGolomb()
  const cycle = sps.unsignedGolomb()
  for (let i = 0; i < cycle; i++) sps.signedGolomb()
}

/** How many crop units are cut off the width and the height. */
export function readCrop(sps: BitReader): { x: number; y: number } {
  const x = sps.unsignedGolomb() + sps.unsignedGolomb()
  return { x, y: sps.unsignedGolomb() + sps.unsignedGolomb() }
}
