import type { Milliseconds } from '../../domain/units.ts'
import { codecName } from '../packet.ts'
import type { MediaPacket } from '../ports.ts'
import { aacTrack } from './codecs/aac.ts'
import { av1Track } from './codecs/av1.ts'
import { h264Track } from './codecs/h264.ts'
import { hevcTrack } from './codecs/hevc.ts'
import { opusTrack } from './codecs/opus.ts'
import type { Track } from './track.ts'

const TRACKS = new Map<string | null, (configuration: Buffer) => Track>([
  ['H264', h264Track],
  ['H265', hevcTrack],
  ['AV1', av1Track],
  ['AAC', aacTrack],
  ['Opus', opusTrack],
])

/** PacketType of Enhanced RTMP and, but for the last, of FLV's own H.264 and AAC. */
const CONFIGURATION = 0
const CODED_FRAMES = 1
const CODED_FRAMES_X = 3
const ENHANCED_AUDIO = 9
const BEHIND_FOURCC = 5
/** Encoders send some 50 bytes. */
const LARGEST_CONFIGURATION = 16 * 1024
const COMPOSITION_TIME = 3
/** Codecs whose CodedFrames carry a composition time. */
const WITH_COMPOSITION_TIME = new Set<string | null>(['H264', 'H265'])

export interface CodedFrame {
  readonly compositionOffset: Milliseconds
  readonly data: Buffer
}

/** The track that a sequence header describes; undefined: a codec that MP4 is not written for, or a damaged header. */
export function readTrack(packet: MediaPacket): Track | undefined {
  const make = TRACKS.get(codecName(packet))
  const body = readBody(packet)
  if (!make || body?.type !== CONFIGURATION || body.data.length > LARGEST_CONFIGURATION) return undefined
  try {
    return make(body.data)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** What decoders are set up from, as a sequence header holds it; undefined: none, or one too long to be true. */
export function readConfiguration(packet: MediaPacket): Buffer | undefined {
  const body = readBody(packet)
  return body?.type === CONFIGURATION && body.data.length <= LARGEST_CONFIGURATION ? body.data : undefined
}

/** The frame in a packet that is no sequence header; undefined: none, such as at the end of a sequence. */
export function readFrame(packet: MediaPacket): CodedFrame | undefined {
  const body = readBody(packet)
  if (!body || body.type === CONFIGURATION || body.data.length === 0) return undefined
  return body
}

interface Body extends CodedFrame {
  readonly type: number
}

/** Undefined for what is cut short, and for packet types that carry neither configuration nor frame. */
function readBody(packet: MediaPacket): Body | undefined {
  const first = packet.payload[0]
  if (first === undefined || packet.kind === 'metadata') return undefined
  const body = packet.kind === 'video' ? videoBody(packet, first) : audioBody(packet.payload, first)
  const known = body.type === CONFIGURATION || body.type === CODED_FRAMES || body.type === CODED_FRAMES_X
  return known ? body : undefined
}

function videoBody(packet: MediaPacket, first: number): Body {
  const { payload } = packet
  if ((first & 0x80) === 0) return timed(payload, payload[1] ?? CODED_FRAMES_X, 2)
  const type = first & 0x0f
  const isTimed = type === CODED_FRAMES && WITH_COMPOSITION_TIME.has(codecName(packet))
  return isTimed ? timed(payload, type, BEHIND_FOURCC) : untimed(payload, type, BEHIND_FOURCC)
}

function audioBody(payload: Buffer, first: number): Body {
  if (first >> 4 === ENHANCED_AUDIO) return untimed(payload, first & 0x0f, BEHIND_FOURCC)
  return untimed(payload, payload[1] ?? CODED_FRAMES_X, 2)
}

function timed(payload: Buffer, type: number, offset: number): Body {
  const start = offset + COMPOSITION_TIME
  const compositionOffset = payload.length < start ? 0 : payload.readIntBE(offset, COMPOSITION_TIME)
  return { type, compositionOffset, data: payload.subarray(start) }
}

function untimed(payload: Buffer, type: number, start: number): Body {
  return { type, compositionOffset: 0, data: payload.subarray(start) }
}
