import { execFileSync } from 'node:child_process'
import { parsePacket } from '../../src/media/packet.ts'
import type { MediaPacket } from '../../src/media/ports.ts'
import { FlvReader } from './flv.ts'

const MIB = 1024 * 1024
const SMALL_PICTURES = 'testsrc2=size=320x180:rate=25'
const TONE = 'sine=frequency=440:sample_rate=44100'

export interface Recipe {
  readonly seconds: number
  readonly picture?: string | null
  readonly tone?: string | null
  /** Options of the encoders. */
  readonly options?: readonly string[]
}

/** Two B-frames between references and a key frame every second. */
export const WITH_B_FRAMES = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-bf',
  '2',
  '-b_strategy',
  '0',
  '-g',
  '25',
  '-sc_threshold',
  '0',
  '-c:a',
  'aac',
]

/** What an encoder would publish, made by ffmpeg. */
export function encoded({
  seconds,
  picture = SMALL_PICTURES,
  tone = TONE,
  options = WITH_B_FRAMES,
}: Recipe): MediaPacket[] {
  const inputs = [picture, tone].flatMap((source) => (source ? ['-f', 'lavfi', '-i', source] : []))
  const flv = ffmpeg([...inputs, '-t', String(seconds), '-pix_fmt', 'yuv420p', ...options, '-f', 'flv', '-'])
  return packetsOfFlv(flv)
}

export function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...args], { maxBuffer: 64 * MIB, ...(input && { input }) })
}

export function packetsOfFlv(flv: Buffer): MediaPacket[] {
  const reader = new FlvReader()
  reader.push(flv)
  return reader.tags.flatMap(({ kind, dts, payload }) => parsePacket(kind, dts, payload) ?? [])
}

/** The same packets later, as 32 bits hold it. */
export function packetsAt(packets: readonly MediaPacket[], later: number): MediaPacket[] {
  return packets.map((packet) => ({ ...packet, dts: (packet.dts + later) >>> 0 }))
}

export interface ProbedPacket {
  readonly kind: 'video' | 'audio'
  readonly pts: number
  readonly dts: number
  readonly duration: number
  readonly key: boolean
}

export interface Probe {
  readonly streams: readonly Readonly<Record<string, unknown>>[]
  readonly packets: readonly ProbedPacket[]
}

interface RawProbe {
  readonly streams: readonly Readonly<Record<string, unknown>>[]
  readonly packets: readonly Readonly<Record<string, string>>[]
}

/** What ffprobe finds in `media`, times in seconds. */
export function probe(media: Buffer): Probe {
  const args = ['-v', 'error', '-show_streams', '-show_packets', '-of', 'json', '-']
  const { streams, packets }: RawProbe = JSON.parse(
    execFileSync('ffprobe', args, { input: media, maxBuffer: 64 * MIB, encoding: 'utf8' }),
  )
  return {
    streams,
    packets: packets.map((packet) => ({
      kind: packet.codec_type === 'video' ? 'video' : 'audio',
      pts: Number(packet.pts_time),
      dts: Number(packet.dts_time),
      duration: Number(packet.duration_time),
      key: packet.flags?.startsWith('K') ?? false,
    })),
  }
}

/** How many pictures decode without an error. */
export function decodedPictures(media: Buffer): number {
  const lines = ffmpeg(['-xerror', '-i', '-', '-map', '0:v', '-f', 'framecrc', '-'], media).toString().split('\n')
  return lines.filter((line) => /^0,/.test(line)).length
}

interface CodedStream {
  /** As MP4 holds it: `hvcC`, `av1C`, `OpusHead`. */
  readonly configuration: Buffer
  readonly frames: readonly {
    readonly pts: number
    readonly dts: number
    readonly key: boolean
    readonly data: Buffer
  }[]
}

/** The configuration and frames of one stream that ffmpeg codes; times in milliseconds. */
function coded(args: readonly string[]): CodedStream {
  const mp4 = ffmpeg([...args, '-movflags', 'frag_keyframe+delay_moov+default_base_moof', '-f', 'mp4', '-'])
  const show = ['-v', 'error', '-show_streams', '-show_packets', '-show_data', '-of', 'json', '-']
  const { streams, packets }: RawProbe = JSON.parse(
    execFileSync('ffprobe', show, { input: mp4, maxBuffer: 256 * MIB, encoding: 'utf8' }),
  )
  return {
    configuration: bytesOfDump(String(streams[0]?.extradata)),
    frames: packets.map(({ pts_time, dts_time, flags, data }) => ({
      pts: Math.round(Number(pts_time) * 1000),
      dts: Math.round(Number(dts_time) * 1000),
      key: flags?.startsWith('K') ?? false,
      data: bytesOfDump(data ?? ''),
    })),
  }
}

/** Reads lines such as `00000010: 0102 0304  ..ab`. */
function bytesOfDump(dump: string): Buffer {
  const rows = [...dump.matchAll(/^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/gm)]
  return Buffer.from(rows.map(([, hex]) => hex?.replaceAll(' ', '')).join(''), 'hex')
}

const HEVC = 'hvc1'
const KEY_FRAME = 0x90
const INTER_FRAME = 0xa0
const CODED_FRAMES = 1

/** A stream of Enhanced RTMP, which this ffmpeg cannot publish by itself. Times begin at 1 s, since they may not be negative. */
export function enhancedVideo(fourCc: 'hvc1' | 'av01', args: readonly string[]): MediaPacket[] {
  const { configuration, frames } = coded(args)
  const header = Buffer.concat([Buffer.from([KEY_FRAME]), Buffer.from(fourCc), configuration])
  const bodies = frames.map(({ pts, dts, key, data }) => {
    const first = Buffer.from([(key ? KEY_FRAME : INTER_FRAME) | CODED_FRAMES])
    const compositionTime = Buffer.alloc(fourCc === HEVC ? 3 : 0)
    if (fourCc === HEVC) compositionTime.writeIntBE(pts - dts, 0, 3)
    return { dts: dts + 1000, body: Buffer.concat([first, Buffer.from(fourCc), compositionTime, data]) }
  })
  return [{ dts: 0, body: header }, ...bodies].flatMap(({ dts, body }) => parsePacket('video', dts, body) ?? [])
}

export function enhancedOpus(args: readonly string[]): MediaPacket[] {
  const { configuration, frames } = coded(args)
  const header = Buffer.concat([Buffer.from([0x90]), Buffer.from('Opus'), configuration])
  const bodies = frames.map(({ dts, data }) => ({
    dts: dts + 1000,
    body: Buffer.concat([Buffer.from([0x91]), Buffer.from('Opus'), data]),
  }))
  return [{ dts: 0, body: header }, ...bodies].flatMap(({ dts, body }) => parsePacket('audio', dts, body) ?? [])
}
