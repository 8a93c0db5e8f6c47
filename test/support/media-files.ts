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
