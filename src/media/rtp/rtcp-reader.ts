import { FEEDBACK, REPORT_BLOCK, type ReportBlock, RTCP, RTCP_HEADER, type RtcpMessage } from './rtcp.ts'

/** The messages of a compound packet, as far as it can be read; others are passed over. */
export function readRtcp(data: Buffer): RtcpMessage[] {
  const messages: RtcpMessage[] = []
  for (let at = 0; at + RTCP_HEADER <= data.length; ) {
    const end = at + (data.readUInt16BE(at + 2) + 1) * 4
    if (end > data.length || ((data[at] ?? 0) & 0xc0) !== 0x80) break
    const message = end - at < RTCP_HEADER ? undefined : readMessage(data.subarray(at, end))
    if (message) messages.push(message)
    at = end
  }
  return messages
}

function readMessage(data: Buffer): RtcpMessage | undefined {
  const count = (data[0] ?? 0) & 0x1f
  switch (data[1]) {
    case RTCP.SR:
      return data.length < 28 ? undefined : readSenderReport(data)
    case RTCP.RR:
      return { kind: 'receiver-report', ssrc: data.readUInt32BE(4), blocks: readBlocks(data, count) }
    case RTCP.BYE:
      return { kind: 'bye', ssrcs: readWords(data, 4).slice(0, count) }
    case RTCP.RTPFB:
      return count === FEEDBACK.nack && data.length >= 12 ? readNack(data) : undefined
    case RTCP.PSFB:
      return data.length >= 12 ? readPayloadFeedback(data, count) : undefined
    default:
      return undefined
  }
}

function readSenderReport(data: Buffer): RtcpMessage {
  return {
    kind: 'sender-report',
    ssrc: data.readUInt32BE(4),
    ntp: data.readBigUInt64BE(8),
    rtpTimestamp: data.readUInt32BE(16),
  }
}

function readBlocks(data: Buffer, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = []
  for (let at = RTCP_HEADER; at + REPORT_BLOCK <= data.length && blocks.length < count; at += REPORT_BLOCK) {
    blocks.push({
      ssrc: data.readUInt32BE(at),
      fractionLost: data.readUInt8(at + 4),
      packetsLost: data.readIntBE(at + 5, 3),
      highestSequence: data.readUInt32BE(at + 8),
      jitter: data.readUInt32BE(at + 12),
      lastSenderReport: data.readUInt32BE(at + 16),
      delaySinceLast: data.readUInt32BE(at + 20),
    })
  }
  return blocks
}

/** Generic NACK, RFC 4585, section 6.2.1: a sequence number, and which of the 16 after it. */
function readNack(data: Buffer): RtcpMessage {
  const lost = readWords(data, 12).flatMap((word) => {
    const first = word >>> 16
    const others = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => word & (1 << bit))
    return [first, ...others.map((bit) => (first + bit + 1) & 0xffff)]
  })
  return { kind: 'nack', mediaSsrc: data.readUInt32BE(8), lost }
}

function readPayloadFeedback(data: Buffer, format: number): RtcpMessage | undefined {
  if (format === FEEDBACK.pli) return { kind: 'pli', mediaSsrc: data.readUInt32BE(8) }
  if (format === FEEDBACK.fir) return { kind: 'fir' }
  if (format !== FEEDBACK.application || data.length < 20 || data.toString('latin1', 12, 16) !== 'REMB')
    return undefined
  const bits = data.readUIntBE(17, 3)
  return { kind: 'remb', bitrate: (bits & 0x3ffff) * 2 ** (bits >>> 18) }
}

function readWords(data: Buffer, start: number): number[] {
  const words: number[] = []
  for (let at = start; at + 4 <= data.length; at += 4) words.push(data.readUInt32BE(at))
  return words
}
