import type { Milliseconds } from '../../domain/units.ts'
import type { RtpPacket } from './packet.ts'
import type { ReportBlock, SenderReport } from './rtcp.ts'

/** How long a missing packet is waited for; it was asked for again by then some times. */
const PATIENCE: Milliseconds = 300
/** About a round trip. */
const ASK_EVERY: Milliseconds = 50
const MOST_HELD = 2048
/** A jump further than this is another stream of numbers. */
const LARGEST_JUMP = 3000

export interface ReceiverOptions {
  readonly ssrc: number
  /** Ticks a second. */
  readonly clockRate: number
  /** In order. */
  readonly deliver: (packet: RtpPacket) => void
  /** Packets before the next one that is delivered are given up. */
  readonly lost: () => void
}

/** One source of RTP: its packets in order, which of them are missing, and what to report of it. */
export class RtpReceiver {
  readonly #options: ReceiverOptions
  readonly #held = new Map<number, RtpPacket>()
  /** When each missing packet was found missing, and asked for last. */
  readonly #missing = new Map<number, { readonly since: Milliseconds; askedAt: Milliseconds }>()
  /** Extended: counts on where 16 bits wrap. */
  #next: number | undefined
  #highest = 0
  #base = 0
  #received = 0
  #jitter = 0
  #transit: number | undefined
  #reported = { expected: 0, received: 0 }
  #senderReport: { readonly middle: number; readonly at: Milliseconds } | undefined

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  push(packet: RtpPacket, now: Milliseconds): void {
    const sequence = this.#extend(packet.sequenceNumber)
    if (this.#next === undefined || Math.abs(sequence - this.#highest) > LARGEST_JUMP) this.#startAt(sequence)
    const next = this.#next ?? sequence
    if (sequence < next || this.#held.has(sequence)) return
    this.#received++
    this.#measure(packet, now)
    for (let gap = Math.max(next, this.#highest + 1); gap < sequence; gap++) {
      this.#missing.set(gap, { since: now, askedAt: -ASK_EVERY })
    }
    this.#highest = Math.max(this.#highest, sequence)
    this.#missing.delete(sequence)
    this.#held.set(sequence, packet)
    this.#drain()
    if (this.#held.size > MOST_HELD) this.#skip()
  }

  /** The packets to ask for again now, ascending; gives up those that have been waited for long enough. */
  missing(now: Milliseconds): number[] {
    for (let first = this.#firstMissing(); first && now - first.since > PATIENCE; first = this.#firstMissing()) {
      this.#skip()
    }
    const due = [...this.#missing].filter(([, { askedAt }]) => now - askedAt >= ASK_EVERY)
    for (const [, entry] of due) entry.askedAt = now
    return due.map(([sequence]) => sequence & 0xffff)
  }

  noteSenderReport({ ntp }: SenderReport, now: Milliseconds): void {
    this.#senderReport = { middle: Number((ntp >> 16n) & 0xffffffffn), at: now }
  }

  /** What has come since the last report; undefined: nothing ever. RFC 3550, appendix A.3. */
  report(now: Milliseconds): ReportBlock | undefined {
    if (this.#next === undefined) return undefined
    const expected = this.#highest - this.#base + 1
    const span = expected - this.#reported.expected
    const lost = span - (this.#received - this.#reported.received)
    this.#reported = { expected, received: this.#received }
    const last = this.#senderReport
    return {
      ssrc: this.#options.ssrc,
      fractionLost: span > 0 && lost > 0 ? Math.min(255, Math.floor((lost * 256) / span)) : 0,
      packetsLost: Math.max(0, expected - this.#received),
      highestSequence: this.#highest,
      jitter: Math.round(this.#jitter),
      lastSenderReport: last?.middle ?? 0,
      // After 18 hours no 32 bits hold it.
      delaySinceLast: last ? Math.min(0xffff_ffff, Math.round((now - last.at) * 65.536)) : 0,
    }
  }

  #startAt(sequence: number): void {
    if (this.#next !== undefined) this.#options.lost()
    this.#held.clear()
    this.#missing.clear()
    this.#next = sequence
    this.#highest = sequence - 1
    this.#base = sequence
    this.#received = 0
    this.#reported = { expected: 0, received: 0 }
  }

  #extend(sequence: number): number {
    if (this.#next === undefined) return sequence + 0x10000
    const behind = (sequence - this.#highest) & 0xffff
    return this.#highest + (behind < 0x8000 ? behind : behind - 0x10000)
  }

  #drain(): void {
    for (let next = this.#next ?? 0; ; next++) {
      const packet = this.#held.get(next)
      this.#next = next
      if (!packet) return
      this.#held.delete(next)
      this.#options.deliver(packet)
    }
  }

  #firstMissing(): { readonly since: Milliseconds } | undefined {
    return this.#missing.get(this.#next ?? 0)
  }

  /** Gives up what is missing before the next packet that is there. */
  #skip(): void {
    let next = this.#next ?? 0
    for (; next <= this.#highest && !this.#held.has(next); next++) this.#missing.delete(next)
    this.#next = next
    this.#options.lost()
    this.#drain()
  }

  /** RFC 3550, appendix A.8. */
  #measure({ timestamp }: RtpPacket, now: Milliseconds): void {
    const transit = (now * this.#options.clockRate) / 1000 - timestamp
    const change = Math.abs(transit - (this.#transit ?? transit))
    this.#transit = transit
    if (change < this.#options.clockRate * 10) this.#jitter += (change - this.#jitter) / 16
  }
}
