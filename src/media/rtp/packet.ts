export interface RtpPacket {
  readonly payloadType: number
  readonly marker: boolean
  /** Wraps at 2^16. */
  readonly sequenceNumber: number
  /** Ticks of the codec's clock; wraps at 2^32. */
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Buffer
}

const HEADER = 12
const VERSION_2 = 0x80

/** Reads a packet as RFC 3550, section 5.1 has it; undefined: it is none, or cut short. */
export function readRtp(data: Buffer): RtpPacket | undefined {
  const [first = 0, second = 0] = data
  if (data.length < HEADER || (first & 0xc0) !== VERSION_2) return undefined
  let start = HEADER + (first & 0x0f) * 4
  if (first & 0x10) {
    if (data.length < start + 4) return undefined
    start += 4 + data.readUInt16BE(start + 2) * 4
  }
  const padding = first & 0x20 ? (data.at(-1) ?? 0) : 0
  if (start + padding > data.length) return undefined
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequenceNumber: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(start, data.length - padding),
  }
}

export function writeRtp({ payloadType, marker, sequenceNumber, timestamp, ssrc, payload }: RtpPacket): Buffer {
  const data = Buffer.allocUnsafe(HEADER + payload.length)
  data[0] = VERSION_2
  data[1] = (marker ? 0x80 : 0) | payloadType
  data.writeUInt16BE(sequenceNumber, 2)
  data.writeUInt32BE(timestamp, 4)
  data.writeUInt32BE(ssrc, 8)
  payload.copy(data, HEADER)
  return data
}

/** Tells RTCP from RTP on one port, RFC 5761, section 4. */
export function isRtcp(data: Buffer): boolean {
  const type = data[1] ?? 0
  return data.length >= 8 && ((data[0] ?? 0) & 0xc0) === VERSION_2 && type >= 192 && type <= 223
}
