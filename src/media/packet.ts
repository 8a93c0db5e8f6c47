import type { Milliseconds } from '../domain/units.ts'
import type { MediaPacket, PacketKind } from './ports.ts'

/** Legacy ids of the FLV specification, annex E.4; 12 is the HEVC of Chinese encoders. */
const VIDEO_CODECS = new Map([
  [2, 'H263'],
  [3, 'Screen'],
  [4, 'VP6'],
  [5, 'VP6A'],
  [6, 'Screen2'],
  [7, 'H264'],
  [12, 'H265'],
])
const AUDIO_CODECS = new Map([
  [0, 'PCM'],
  [1, 'ADPCM'],
  [2, 'MP3'],
  [3, 'PCM'],
  [4, 'Nellymoser'],
  [5, 'Nellymoser'],
  [6, 'Nellymoser'],
  [7, 'PCMA'],
  [8, 'PCMU'],
  [10, 'AAC'],
  [11, 'Speex'],
  [14, 'MP3'],
])
/** Enhanced RTMP v2. */
const FOURCC_VIDEO = new Map([
  ['avc1', 'H264'],
  ['hvc1', 'H265'],
  ['vvc1', 'H266'],
  ['av01', 'AV1'],
  ['vp08', 'VP8'],
  ['vp09', 'VP9'],
])
const FOURCC_AUDIO = new Map([
  ['mp4a', 'AAC'],
  ['Opus', 'Opus'],
  ['fLaC', 'FLAC'],
  ['.mp3', 'MP3'],
  ['ac-3', 'AC3'],
  ['ec-3', 'EAC3'],
])
/** Every display name that {@link codecName} has for video. */
export const VIDEO_CODEC_NAMES: ReadonlySet<string> = new Set([...VIDEO_CODECS.values(), ...FOURCC_VIDEO.values()])

const H264 = 7
const HEVC = 12
const AAC = 10
const ENHANCED_AUDIO = 9
/** Frame types: a key frame, and one that a server made. */
const KEY_FRAMES = [1, 4]
/** PacketType of Enhanced RTMP: SequenceStart, CodedFrames, CodedFramesX, MPEG2TSSequenceStart. */
const SEQUENCE_START = 0
const CODED_FRAMES = 1
const CODED_FRAMES_X = 3
const MPEG2TS_SEQUENCE_START = 5

const AMF_STRING = 0x02
const SET_DATA_FRAME = amfString('@setDataFrame')
const ON_META_DATA = amfString('onMetaData')

/** Reads what the hub must know of a tag body; undefined: nothing in it that a viewer could use. */
export function parsePacket(kind: PacketKind, dts: Milliseconds, body: Buffer): MediaPacket | undefined {
  if (body.length === 0) return undefined
  if (kind === 'metadata') return parseData(dts, body)
  const { config, key } = kind === 'video' ? readVideo(body) : { config: isAudioConfig(body), key: false }
  return { kind, dts: dts >>> 0, payload: body, config, key }
}

/** The codec's display name, such as `H264`; null for one that is not known or for metadata. */
export function codecName(packet: MediaPacket): string | null {
  const first = packet.payload[0]
  if (first === undefined || packet.kind === 'metadata') return null
  if (packet.kind === 'video') {
    return (isEnhancedVideo(first) ? fourCcOf(packet.payload, FOURCC_VIDEO) : VIDEO_CODECS.get(first & 0x0f)) ?? null
  }
  return (first >> 4 === ENHANCED_AUDIO ? fourCcOf(packet.payload, FOURCC_AUDIO) : AUDIO_CODECS.get(first >> 4)) ?? null
}

/** Encoders wrap their metadata in `@setDataFrame`, which is an order to the server and not for viewers. */
function parseData(dts: Milliseconds, body: Buffer): MediaPacket | undefined {
  const payload = startsWith(body, SET_DATA_FRAME) ? body.subarray(SET_DATA_FRAME.length) : body
  if (payload[0] !== AMF_STRING) return undefined
  return { kind: 'metadata', dts: dts >>> 0, payload, config: startsWith(payload, ON_META_DATA), key: false }
}

function readVideo(body: Buffer): { config: boolean; key: boolean } {
  const first = body[0] ?? 0
  const keyFrame = KEY_FRAMES.includes((first >> 4) & 0x07)
  const low = first & 0x0f
  if (isEnhancedVideo(first)) {
    const config =
      (low === SEQUENCE_START || low === MPEG2TS_SEQUENCE_START) && fourCcOf(body, FOURCC_VIDEO) !== undefined
    return { config, key: keyFrame && (low === CODED_FRAMES || low === CODED_FRAMES_X) }
  }
  if (low === H264 || low === HEVC) return { config: body[1] === 0, key: keyFrame && body[1] === 1 }
  return { config: false, key: keyFrame }
}

function isAudioConfig(body: Buffer): boolean {
  const first = body[0] ?? 0
  if (first >> 4 === AAC) return body[1] === 0
  return (
    first >> 4 === ENHANCED_AUDIO && (first & 0x0f) === SEQUENCE_START && fourCcOf(body, FOURCC_AUDIO) !== undefined
  )
}

function isEnhancedVideo(first: number): boolean {
  return (first & 0x80) !== 0
}

function fourCcOf(body: Buffer, codecs: ReadonlyMap<string, string>): string | undefined {
  return codecs.get(body.toString('latin1', 1, 5))
}

function amfString(text: string): Buffer {
  return Buffer.from([AMF_STRING, text.length >> 8, text.length & 0xff, ...Buffer.from(text)])
}

function startsWith(body: Buffer, prefix: Buffer): boolean {
  return body.length >= prefix.length && body.compare(prefix, 0, prefix.length, 0, prefix.length) === 0
}
