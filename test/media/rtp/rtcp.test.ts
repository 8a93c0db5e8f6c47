import { describe, expect, it } from 'vitest'
import { readRtcp } from '../../../src/media/rtp/rtcp-reader.ts'
import { nack, ntpTime, pli, receiverReport, remb, senderReport } from '../../../src/media/rtp/rtcp-writer.ts'

const BLOCK = {
  ssrc: 7,
  fractionLost: 25,
  packetsLost: 1000,
  highestSequence: 0x1_0005,
  jitter: 90,
  lastSenderReport: 0xdead_beef,
  delaySinceLast: 65_536,
}

describe('RTCP', () => {
  it('reads back what it writes', () => {
    const ntp = ntpTime(Date.UTC(2026, 0, 1, 0, 0, 0, 500))
    const report = { ssrc: 5, ntp, rtpTimestamp: 0xffff_ffff }
    expect(readRtcp(senderReport({ ...report, packets: 3, octets: 99 }))).toEqual([
      { kind: 'sender-report', ...report },
    ])
    expect(readRtcp(receiverReport(1, [BLOCK]))).toEqual([{ kind: 'receiver-report', ssrc: 1, blocks: [BLOCK] }])
    expect(readRtcp(pli(1, 7))).toEqual([{ kind: 'pli', mediaSsrc: 7 }])
  })

  it('counts NTP from 1900', () => {
    expect(ntpTime(0) >> 32n).toBe(2_208_988_800n)
    expect(ntpTime(500) & 0xffff_ffffn).toBe(0x8000_0000n)
  })

  it.each([
    [[5], 16],
    [[5, 6, 21], 16],
    [[5, 22], 20],
    [[65_535, 0, 3], 16],
  ])('asks for %j again in %i bytes', (lost, size) => {
    const message = nack(1, 7, lost)
    expect(message).toHaveLength(size)
    expect(readRtcp(message)).toEqual([{ kind: 'nack', mediaSsrc: 7, lost }])
  })

  it.each([150_000, 2_500_000, 6_000_000])('allows %i bits a second, as near as 18 bits come', (bitrate) => {
    const [message] = readRtcp(remb(1, bitrate, [7]))
    expect(message?.kind === 'remb' && bitrate - message.bitrate).toBeLessThan(bitrate / 100_000)
  })

  it('reads a compound packet up to what is cut short, and throws at nothing', () => {
    const whole = Buffer.concat([receiverReport(1, [BLOCK]), pli(1, 7), nack(1, 7, [5])])
    for (let size = 0; size <= whole.length; size++) expect(readRtcp(whole.subarray(0, size)).length).toBeLessThan(4)
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = 0xff
      expect(Array.isArray(readRtcp(damaged))).toBe(true)
    }
  })
})
