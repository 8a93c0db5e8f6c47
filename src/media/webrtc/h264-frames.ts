import { readUnits } from '../fmp4/codecs/nal-units.ts'
import { readFrame } from '../fmp4/flv-body.ts'
import type { MediaPacket } from '../ports.ts'
import { isBSlice, NAL, unitType } from '../rtp/h264.ts'

/** Before the AVCDecoderConfigurationRecord, both in FLV and with a FourCC. */
const HEADER = 5
/** Those that say nothing to a decoder, or that we put there ourselves. */
const LEFT_OUT: readonly number[] = [NAL.delimiter, NAL.sps, NAL.pps, 12]

/** What a sequence header of H.264 says. */
export interface H264Configuration {
  readonly parameterSets: readonly Buffer[]
  /** Of the length in front of each NAL unit. */
  readonly lengthSize: number
}

/** Undefined: a header that is damaged. */
export function readConfiguration({ payload }: MediaPacket): H264Configuration | undefined {
  try {
    const record = payload.subarray(HEADER)
    const sps = readUnits(record, 6, record.readUInt8(5) & 0x1f)
    const pps = readUnits(record, sps.end + 1, record.readUInt8(sps.end))
    return { parameterSets: [...sps.units, ...pps.units], lengthSize: 1 + (record.readUInt8(4) & 3) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export interface Picture {
  readonly units: readonly Buffer[]
  /** When it is shown, in milliseconds of the stream. */
  readonly at: number
  /** It needs pictures that are shown after it. */
  readonly bidirectional: boolean
}

/** The NAL units of a picture as they go over RTP: its parameter sets before each key frame. Undefined: none in it. */
export function readPicture(
  packet: MediaPacket,
  { parameterSets, lengthSize }: H264Configuration,
): Picture | undefined {
  const frame = readFrame(packet)
  if (!frame) return undefined
  const units = split(frame.data, lengthSize).filter((unit) => !LEFT_OUT.includes(unitType(unit)))
  if (units.length === 0) return undefined
  return {
    units: packet.key ? [...parameterSets, ...units] : units,
    at: packet.dts + frame.compositionOffset,
    bidirectional: units.some(isBSlice),
  }
}

function split(data: Buffer, lengthSize: number): Buffer[] {
  const units: Buffer[] = []
  for (let at = 0; at + lengthSize < data.length; ) {
    const start = at + lengthSize
    const end = start + data.readUIntBE(at, lengthSize)
    if (end > data.length || end === start) return units
    units.push(data.subarray(start, end))
    at = end
  }
  return units
}
