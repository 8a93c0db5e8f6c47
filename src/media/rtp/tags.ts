import { NAL, unitType } from './h264.ts'

/** AVCVIDEOPACKET of FLV, annex E.4.3.2. */
const KEY_FRAME = 0x17
const INTER_FRAME = 0x27
const SEQUENCE_HEADER = 0
const NALU = 1
/** Enhanced RTMP: audio told by FourCC, with its packet types. */
const ENHANCED_AUDIO = 0x90
const SEQUENCE_START = 0
const CODED_FRAMES = 1
const OPUS = Buffer.from('Opus')
/** Opus of RTP is always of 48 kHz, and played as stereo: RFC 7587, section 7. */
const OPUS_HEAD = Buffer.from('4f707573486561640102380180bb0000000000', 'hex')

/** The sequence header of H.264, from its parameter sets; undefined: they are cut short, or too long. */
export function avcHeader(sps: Buffer, pps: Buffer): Buffer | undefined {
  if (sps.length < 4 || pps.length === 0 || Math.max(sps.length, pps.length) > 0xffff) return undefined
  // AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1: lengths of 4 bytes, one set of each kind.
  const record = [
    Buffer.from([1]),
    sps.subarray(1, 4),
    Buffer.from([0xff, 0xe1]),
    sized(sps),
    Buffer.from([1]),
    sized(pps),
  ]
  return Buffer.concat([Buffer.from([KEY_FRAME, SEQUENCE_HEADER, 0, 0, 0]), ...record])
}

export function avcFrame(units: readonly Buffer[]): Buffer {
  const key = units.some((unit) => unitType(unit) === NAL.idr)
  const lengths = units.map((unit) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(unit.length)
    return length
  })
  const body = units.flatMap((unit, index) => [lengths[index] ?? Buffer.alloc(0), unit])
  return Buffer.concat([Buffer.from([key ? KEY_FRAME : INTER_FRAME, NALU, 0, 0, 0]), ...body])
}

export function opusHeader(): Buffer {
  return Buffer.concat([Buffer.from([ENHANCED_AUDIO | SEQUENCE_START]), OPUS, OPUS_HEAD])
}

export function opusFrame(frame: Buffer): Buffer {
  return Buffer.concat([Buffer.from([ENHANCED_AUDIO | CODED_FRAMES]), OPUS, frame])
}

function sized(unit: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(unit.length)
  return Buffer.concat([length, unit])
}
