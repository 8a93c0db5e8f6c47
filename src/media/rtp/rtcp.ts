import type { Milliseconds } from '../../domain/units.ts'

/** What a receiver tells of one source, RFC 3550, section 6.4.1. */
export interface ReportBlock {
  readonly ssrc: number
  /** Of the packets since the last report, in 256ths. */
  readonly fractionLost: number
  readonly packetsLost: number
  readonly highestSequence: number
  /** In ticks of the codec's clock. */
  readonly jitter: number
  /** The middle 32 bits of the last sender report's NTP time; 0: none has come. */
  readonly lastSenderReport: number
  /** Since that report, in 65536ths of a second. */
  readonly delaySinceLast: number
}

export interface SenderReport {
  readonly ssrc: number
  /** 64 bits, seconds since 1900 in the upper half. */
  readonly ntp: bigint
  readonly rtpTimestamp: number
}

export type RtcpMessage =
  | ({ readonly kind: 'sender-report' } & SenderReport)
  | { readonly kind: 'receiver-report'; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: 'nack'; readonly mediaSsrc: number; readonly lost: readonly number[] }
  | { readonly kind: 'pli'; readonly mediaSsrc: number }
  | { readonly kind: 'fir' }
  /** Bits a second, draft-alvestrand-rmcat-remb. */
  | { readonly kind: 'remb'; readonly bitrate: number }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[] }

const SR = 200
const RR = 201
const BYE = 203
const RTPFB = 205
const PSFB = 206
const NACK = 1
const PLI = 1
const FIR = 4
const APPLICATION = 15
const HEADER = 8
const BLOCK = 24
const NTP_EPOCH = 2_208_988_800_000

/** The messages of a compound packet, as far as it can be read; others are passed over. */
export function readRtcp(data: Buffer): RtcpMessage[] {
  const messages: RtcpMessage[] = []
  for (let at = 0; at + HEADER <= data.length; ) {
    const end = at + (data.readUInt16BE(at + 2) + 1) * 4
    if (end > data.length || ((data[at] ?? 0) & 0xc0) !== 0x80) break
    const message = end - at < HEADER ? undefined : readMessage(data.subarray(at, end))
    if (message) messages.push(message)
    at = end
  }
  return messages
}

function readMessage(data: Buffer): RtcpMessage | undefined {
  const count = (data[0] ?? 0) & 0x1f
  switch (data[1]) {
    case SR:
      return data.length < 28 ? undefined : readSenderReport(data)
    case RR:
      return { kind: 'receiver-report', ssrc: data.readUInt32BE(4), blocks: readBlocks(data, count) }
    case BYE:
      return { kind: 'bye', ssrcs: readWords(data, 4).slice(0, count) }
    case RTPFB:
      return count === NACK && data.length >= 12 ? readNack(data) : undefined
    case PSFB:
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
  for (let at = HEADER; at + BLOCK <= data.length && blocks.length < count; at += BLOCK) {
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
  if (format === PLI) return { kind: 'pli', mediaSsrc: data.readUInt32BE(8) }
  if (format === FIR) return { kind: 'fir' }
  if (format !== APPLICATION || data.length < 20 || data.toString('latin1', 12, 16) !== 'REMB') return undefined
  const bits = data.readUIntBE(17, 3)
  return { kind: 'remb', bitrate: (bits & 0x3ffff) * 2 ** (bits >>> 18) }
}

function readWords(data: Buffer, start: number): number[] {
  const words: number[] = []
  for (let at = start; at + 4 <= data.length; at += 4) words.push(data.readUInt32BE(at))
  return words
}

export function senderReport(report: SenderReport & { readonly packets: number; readonly octets: number }): Buffer {
  const data = message(SR, 0, 28)
  data.writeUInt32BE(report.ssrc, 4)
  data.writeBigUInt64BE(report.ntp, 8)
  data.writeUInt32BE(report.rtpTimestamp >>> 0, 16)
  data.writeUInt32BE(report.packets >>> 0, 20)
  data.writeUInt32BE(report.octets >>> 0, 24)
  return data
}

export function receiverReport(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const data = message(RR, blocks.length, HEADER + blocks.length * BLOCK)
  data.writeUInt32BE(ssrc, 4)
  for (const [index, block] of blocks.entries()) {
    const at = HEADER + index * BLOCK
    data.writeUInt32BE(block.ssrc, at)
    data.writeUInt8(block.fractionLost, at + 4)
    data.writeIntBE(Math.min(block.packetsLost, 0x7fffff), at + 5, 3)
    data.writeUInt32BE(block.highestSequence >>> 0, at + 8)
    data.writeUInt32BE(block.jitter >>> 0, at + 12)
    data.writeUInt32BE(block.lastSenderReport, at + 16)
    data.writeUInt32BE(block.delaySinceLast >>> 0, at + 20)
  }
  return data
}

/** Asks for packets again; `lost` in ascending order. */
export function nack(ssrc: number, mediaSsrc: number, lost: readonly number[]): Buffer {
  const words: number[] = []
  let first: number | undefined
  for (const sequence of lost) {
    const behind = first === undefined ? 0 : (sequence - first) & 0xffff
    if (first === undefined || behind < 1 || behind > 16) {
      first = sequence
      words.push(sequence * 0x10000)
    } else {
      words.push((words.pop() ?? 0) + 2 ** (behind - 1))
    }
  }
  return feedback(RTPFB, NACK, { ssrc, mediaSsrc, words })
}

/** Asks for a key frame, RFC 4585, section 6.3.1. */
export function pli(ssrc: number, mediaSsrc: number): Buffer {
  return feedback(PSFB, PLI, { ssrc, mediaSsrc, words: [] })
}

/** Allows `bitrate` bits a second. */
export function remb(ssrc: number, bitrate: number, mediaSsrcs: readonly number[]): Buffer {
  let exponent = 0
  while (bitrate / 2 ** exponent > 0x3ffff) exponent++
  const rate = mediaSsrcs.length * 0x1000000 + exponent * 0x40000 + Math.floor(bitrate / 2 ** exponent)
  const words = [Buffer.from('REMB').readUInt32BE(0), rate, ...mediaSsrcs]
  return feedback(PSFB, APPLICATION, { ssrc, mediaSsrc: 0, words })
}

/** `ms` since 1970 as NTP has it. */
export function ntpTime(ms: Milliseconds): bigint {
  const since1900 = ms + NTP_EPOCH
  const seconds = Math.floor(since1900 / 1000)
  return (BigInt(seconds) << 32n) | BigInt(Math.floor(((since1900 - seconds * 1000) / 1000) * 2 ** 32))
}

interface Feedback {
  readonly ssrc: number
  readonly mediaSsrc: number
  readonly words: readonly number[]
}

function feedback(type: number, format: number, { ssrc, mediaSsrc, words }: Feedback): Buffer {
  const data = message(type, format, 12 + words.length * 4)
  data.writeUInt32BE(ssrc, 4)
  data.writeUInt32BE(mediaSsrc, 8)
  for (const [index, word] of words.entries()) data.writeUInt32BE(word, 12 + index * 4)
  return data
}

function message(type: number, count: number, size: number): Buffer {
  const data = Buffer.alloc(size)
  data[0] = 0x80 | count
  data[1] = type
  data.writeUInt16BE(size / 4 - 1, 2)
  return data
}
