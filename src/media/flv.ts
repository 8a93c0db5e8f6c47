import { type Container, TAG_TYPES, type Tracks } from './container.ts'
import type { MediaPacket } from './ports.ts'

const TAG_HEADER = 11
const TAG_TRAILER = 4
const HAS_AUDIO = 4
const HAS_VIDEO = 1

/** FLV, annex E of the Video File Format Specification 10.1. */
export const flv: Container = {
  opening(tracks: Tracks): Buffer {
    const flags = (tracks.audio ? HAS_AUDIO : 0) | (tracks.video ? HAS_VIDEO : 0)
    return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
  },

  sizeOf(packet: MediaPacket): number {
    return TAG_HEADER + packet.payload.length + TAG_TRAILER
  },

  write(packet: MediaPacket, target: Buffer, offset: number): number {
    const { dts, payload } = packet
    target[offset] = TAG_TYPES[packet.kind]
    target.writeUIntBE(payload.length, offset + 1, 3)
    target.writeUIntBE(dts & 0xffffff, offset + 4, 3)
    target[offset + 7] = dts >>> 24
    target.fill(0, offset + 8, offset + TAG_HEADER)
    payload.copy(target, offset + TAG_HEADER)
    return target.writeUInt32BE(TAG_HEADER + payload.length, offset + TAG_HEADER + payload.length)
  },
}
