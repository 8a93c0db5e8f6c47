import type { Milliseconds } from '../../domain/units.ts'
import { FEEDBACK, REPORT_BLOCK, type ReportBlock, RTCP, RTCP_HEADER, type SenderReport } from './rtcp.ts'

const NTP_EPOCH = 2_208_988_800_000

export function senderReport(report: SenderReport & { readonly packets: number; readonly octets: number }): Buffer {
  const data = message(RTCP.SR, 0, 28)
  data.writeUInt32BE(report.ssrc, 4)
  data.writeBigUInt64BE(report.ntp, 8)
  data.writeUInt32BE(report.rtpTimestamp >>> 0, 16)
  data.writeUInt32BE(report.packets >>> 0, 20)
  data.writeUInt32BE(report.octets >>> 0, 24)
  return data
}

export function receiverReport(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const data = message(RTCP.RR, blocks.length, RTCP_HEADER + blocks.length * REPORT_BLOCK)
  data.writeUInt32BE(ssrc, 4)
  for (const [index, block] of blocks.entries()) {
    const at = RTCP_HEADER + index * REPORT_BLOCK
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
  return feedback(RTCP.RTPFB, FEEDBACK.nack, { ssrc, mediaSsrc, words })
}

/** Asks for a key frame, RFC 4585, section 6.3.1. */
export function pli(ssrc: number, mediaSsrc: number): Buffer {
  return feedback(RTCP.PSFB, FEEDBACK.pli, { ssrc, mediaSsrc, words: [] })
}

/** Allows `bitrate` bits a second. */
export function remb(ssrc: number, bitrate: number, mediaSsrcs: readonly number[]): Buffer {
  let exponent = 0
  while (bitrate / 2 ** exponent > 0x3ffff) exponent++
  const rate = mediaSsrcs.length * 0x1000000 + exponent * 0x40000 + Math.floor(bitrate / 2 ** exponent)
  const words = [Buffer.from('REMB').readUInt32BE(0), rate, ...mediaSsrcs]
  return feedback(RTCP.PSFB, FEEDBACK.application, { ssrc, mediaSsrc: 0, words })
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
