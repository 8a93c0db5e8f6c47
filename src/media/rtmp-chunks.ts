import { type Container, TAG_TYPES } from './container.ts'
import type { MediaPacket } from './ports.ts'

/** The outgoing chunk size that the server must announce, since the chunks are made once for all viewers. */
export const RTMP_CHUNK_SIZE = 0xffff

/** The message stream that media is sent on, and so the one that `createStream` must hand out. */
export const RTMP_MEDIA_STREAM = 1

const CHUNK_STREAMS = { audio: 4, video: 5, metadata: 6 } as const
const MESSAGE_HEADER = 12
const CONTINUATION = 0xc0
const EXTENDED = 0xffffff
const NOTHING = Buffer.alloc(0)

/** RTMP chunks, section 5.3 of the 1.0 specification: every message with a full header, so that each batch stands alone. */
export const rtmp: Container = {
  opening: () => NOTHING,

  sizeOf(packet: MediaPacket): number {
    const extra = extendedSize(packet)
    return MESSAGE_HEADER + extra + packet.payload.length + continuations(packet.payload) * (1 + extra)
  },

  write(packet: MediaPacket, target: Buffer, start: number): number {
    const { dts, payload, kind } = packet
    const channel = CHUNK_STREAMS[kind]
    target[start] = channel
    target.writeUIntBE(Math.min(dts, EXTENDED), start + 1, 3)
    target.writeUIntBE(payload.length, start + 4, 3)
    target[start + 7] = TAG_TYPES[kind]
    let offset = target.writeUInt32LE(RTMP_MEDIA_STREAM, start + 8)
    for (let sent = 0; sent < payload.length || sent === 0; sent += RTMP_CHUNK_SIZE) {
      if (sent > 0) target[offset++] = CONTINUATION | channel
      if (dts >= EXTENDED) offset = target.writeUInt32BE(dts, offset)
      offset += payload.copy(target, offset, sent, sent + RTMP_CHUNK_SIZE)
    }
    return offset
  },
}

function extendedSize(packet: MediaPacket): number {
  return packet.dts >= EXTENDED ? 4 : 0
}

function continuations(payload: Buffer): number {
  return Math.max(0, Math.ceil(payload.length / RTMP_CHUNK_SIZE) - 1)
}
