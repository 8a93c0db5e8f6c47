import { spawnSync } from 'node:child_process'
import { readConfiguration, readFrame } from '../../src/media/fmp4/flv-body.ts'
import { codecName, parsePacket } from '../../src/media/packet.ts'
import type { MediaPacket } from '../../src/media/ports.ts'
import { AdtsReader, adtsFormat, adtsFrame } from '../../src/media/transcode/adts.ts'
import { OggWriter } from '../../src/media/transcode/ogg.ts'

const OPUS_TICKS = 960

/** Silence with a tone of 100 ms at each of `beeps` (ms), as AAC in packets that begin at `from`. */
export function aacOf(
  { seconds, beeps, from = 0 }: { seconds: number; beeps: readonly number[]; from?: number },
  { rate = 44_100, channels = 2 } = {},
): MediaPacket[] {
  const heard = beeps.map((at) => `between(t\\,${at / 1000}\\,${at / 1000 + 0.1})`).join('+') || '0'
  const tone = `aevalsrc=(${heard})*0.5*sin(2*PI*1000*t):s=${rate}:d=${seconds}`
  const coding = ['-ac', String(channels), '-c:a', 'aac', '-f', 'adts', 'pipe:1']
  const parts = new AdtsReader().push(ffmpeg(['-f', 'lavfi', '-i', tone, ...coding]))
  const config = audio(from, Buffer.concat([Buffer.from([0xaf, 0]), parts[0]?.config ?? Buffer.alloc(0)]))
  // The encoder's first frame is before the sound.
  const frames = parts.slice(1).map(({ frame }, index) => {
    const dts = Math.round(from + (index * 1024 * 1000) / rate)
    return audio(dts, Buffer.concat([Buffer.from([0xaf, 1]), frame]))
  })
  return [config, ...frames]
}

/** When (ms) a tone begins in decoded packets, by the time of the first and the samples since. */
export function beepsIn(packets: readonly MediaPacket[]): number[] {
  const frames = packets.filter(({ config }) => !config)
  const config = packets.find((packet) => packet.config)
  const first = frames[0]
  if (!config || !first) return []
  const samples = decoded(config, frames)
  const beeps: number[] = []
  let quietSince = Number.NEGATIVE_INFINITY
  for (const [index, sample] of samples.entries()) {
    if (Math.abs(sample) < 2000) continue
    if (index - quietSince > 4800) beeps.push(first.dts + index / 48)
    quietSince = index
  }
  return beeps
}

/** Mono at 48 kHz. */
function decoded(config: MediaPacket, frames: readonly MediaPacket[]): Int16Array {
  const isOpus = codecName(config) === 'Opus'
  const data = isOpus ? oggOf(frames) : adtsOf(config, frames)
  const pcm = ffmpeg(
    [...(isOpus ? [] : ['-f', 'aac']), '-i', 'pipe:0', '-ac', '1', '-ar', '48000', '-f', 's16le', 'pipe:1'],
    data,
  )
  return new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length - (pcm.length % 2)))
}

function oggOf(frames: readonly MediaPacket[]): Buffer {
  const ogg = new OggWriter()
  const head = Buffer.from('4f707573486561640102000080bb0000000000', 'hex')
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)])
  return Buffer.concat([
    ogg.page(head, 0),
    ogg.page(tags, 0),
    ...frames.map((frame, index) => ogg.page(dataOf(frame), (index + 1) * OPUS_TICKS)),
  ])
}

function adtsOf(config: MediaPacket, frames: readonly MediaPacket[]): Buffer {
  const format = adtsFormat(readConfiguration(config) ?? Buffer.alloc(0))
  if (!format) throw new Error('no ADTS')
  return Buffer.concat(frames.map((frame) => adtsFrame(format, dataOf(frame))))
}

function dataOf(packet: MediaPacket): Buffer {
  return readFrame(packet)?.data ?? Buffer.alloc(0)
}

function audio(dts: number, body: Buffer): MediaPacket {
  const packet = parsePacket('audio', dts, body)
  if (!packet) throw new Error('no packet')
  return packet
}

function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  const { stdout, stderr, status } = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
    ...(input && { input }),
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`)
  return stdout
}
