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

/** Packet types: RFC 3550, section 12.1, and RFC 4585, section 6.1. */
export const RTCP = { SR: 200, RR: 201, BYE: 203, RTPFB: 205, PSFB: 206 } as const
/** Of the feedback packets, RFC 4585, RFC 5104 and draft-alvestrand-rmcat-remb. */
export const FEEDBACK = { nack: 1, pli: 1, fir: 4, application: 15 } as const
export const RTCP_HEADER = 8
export const REPORT_BLOCK = 24
