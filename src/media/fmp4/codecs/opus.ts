import { box, u8, u16, u32 } from '../box.ts'
import type { AudioTrack } from '../track.ts'
import { audioEntry } from './audio-entry.ts'

const RATE = 48_000
const MAGIC = 'OpusHead'
/** 120 ms. */
const LONGEST_PACKET = 5760
/** Family 0 is mono and stereo, without a channel mapping table. */
const MAPPING_FAMILY = 18

/** From an identification header, RFC 7845 section 5.1. Throws a RangeError where that is damaged. */
export function opusTrack(head: Buffer): AudioTrack {
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new RangeError('no OpusHead')
  const channels = head.readUInt8(9)
  if (channels === 0) throw new RangeError('an OpusHead without channels')
  return {
    kind: 'audio',
    timescale: RATE,
    codec: 'opus',
    sampleEntry: audioEntry('Opus', { rate: RATE, channels }, dOps(head, channels)),
    ticksOf,
  }
}

/** The same fields the other way round; Opus in ISOBMFF, section 4.3.2. */
function dOps(head: Buffer, channels: number): Buffer {
  const family = head.readUInt8(MAPPING_FAMILY)
  const mapping = head.subarray(MAPPING_FAMILY + 1, MAPPING_FAMILY + 1 + 2 + channels)
  if (family !== 0 && mapping.length < 2 + channels) throw new RangeError('an OpusHead without its mapping')
  return box(
    'dOps',
    u8(0, channels),
    u16(head.readUInt16LE(10)),
    u32(head.readUInt32LE(12)),
    u16(head.readUInt16LE(16)),
    u8(family),
    family === 0 ? u8() : mapping,
  )
}

/** From the first bytes of a packet, RFC 6716 section 3.1 and 3.2. */
function ticksOf(packet: Buffer): number {
  const toc = packet[0] ?? 0
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f
  return Math.min(Math.max(1, frames) * frameTicks(toc >> 3), LONGEST_PACKET)
}

/** In order: SILK only, hybrid, CELT only. */
function frameTicks(configuration: number): number {
  if (configuration < 12) return [480, 960, 1920, 2880][configuration % 4] ?? 960
  if (configuration < 16) return configuration % 2 === 0 ? 480 : 960
  return [120, 240, 480, 960][configuration % 4] ?? 960
}
