import { describe, expect, it } from 'vitest'
import type { MediaPacket, Publication } from '../../../src/media/ports.ts'
import { packetizeH264 } from '../../../src/media/rtp/h264.ts'
import { RtpIngest } from '../../../src/media/rtp/ingest.ts'
import { writeRtp } from '../../../src/media/rtp/packet.ts'
import { readRtcp } from '../../../src/media/rtp/rtcp-reader.ts'
import { ntpTime, senderReport } from '../../../src/media/rtp/rtcp-writer.ts'

const VIDEO = { ssrc: 5, payloadType: 102 }
const AUDIO = { ssrc: 6, payloadType: 111 }
const SPS = Buffer.from('6742c01fda014016e8', 'hex')
const PPS = Buffer.from('68ce3c80', 'hex')
const IDR = Buffer.concat([Buffer.from([0x65]), Buffer.alloc(3000, 1)])
const DELTA = Buffer.from([0x41, 1, 2, 3])

/** A publisher whose packets can be lost, and what it is told. */
function aPublisher() {
  const packets: MediaPacket[] = []
  const told: Buffer[] = []
  const time = { now: 0 }
  const unused = () => {
    throw new Error('should not be called')
  }
  const publication: Publication = {
    start: unused,
    end: unused,
    lose: unused,
    release: unused,
    push: (packet) => void packets.push(packet),
    onKeyFrameWanted: (ask) => {
      wantKeyFrame = ask
    },
  }
  let wantKeyFrame = (): void => unused()
  const send = (rtcp: Buffer) => void told.push(rtcp)
  const ingest = new RtpIngest({ publication, video: VIDEO, audio: AUDIO, send, now: () => time.now })
  let sequenceNumber = 65_530
  const picture = (timestamp: number, ...units: Buffer[]): Buffer[] => {
    const payloads = packetizeH264(units)
    return payloads.map((payload, index) => {
      sequenceNumber = (sequenceNumber + 1) & 0xffff
      return writeRtp({ ...VIDEO, sequenceNumber, timestamp, marker: index === payloads.length - 1, payload })
    })
  }
  const sound = (number: number) =>
    writeRtp({
      ...AUDIO,
      sequenceNumber: number,
      timestamp: number * 960,
      marker: false,
      payload: Buffer.from([0xfc, 9]),
    })
  const heard = () => told.flatMap((rtcp) => readRtcp(rtcp))
  return { ingest, packets, time, picture, sound, heard, wantKeyFrame: () => wantKeyFrame() }
}

describe('the RTP of a publisher', () => {
  it('is asked for a key frame when somebody wants one, twice a second at the most', () => {
    const { heard, time, wantKeyFrame } = aPublisher()
    for (const now of [1000, 1200, 1499, 1500, 1999]) {
      time.now = now
      wantKeyFrame()
    }
    expect(heard()).toEqual([
      { kind: 'pli', mediaSsrc: VIDEO.ssrc },
      { kind: 'pli', mediaSsrc: VIDEO.ssrc },
    ])
  })

  it('becomes a sequence header and frames, also where packets come in another order', () => {
    const { ingest, packets, picture } = aPublisher()
    const all = [...picture(0, SPS, PPS, IDR), ...picture(3000, DELTA)]
    const [first, second, ...others] = all
    for (const data of [first, ...others, second]) if (data) ingest.receive(data)
    expect(packets.map(({ kind, config, key }) => ({ kind, config, key }))).toEqual([
      { kind: 'video', config: true, key: false },
      { kind: 'video', config: false, key: true },
      { kind: 'video', config: false, key: false },
    ])
    expect(packets[1]?.payload.subarray(-IDR.length)).toEqual(IDR)
  })

  it('begins with its picture, unless there is none for seconds', () => {
    const { ingest, packets, picture, sound } = aPublisher()
    ingest.receive(sound(1))
    expect(packets).toEqual([])
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    ingest.receive(sound(2))
    expect(packets.map(({ kind }) => kind)).toEqual(['video', 'video', 'audio', 'audio'])

    const blind = aPublisher()
    blind.time.now = 5000
    blind.ingest.receive(blind.sound(1))
    expect(blind.packets.map(({ kind }) => kind)).toEqual(['audio', 'audio'])
  })

  it('has another sequence header when the size of the picture changes, and only then', () => {
    const { ingest, packets, picture } = aPublisher()
    const other = Buffer.from('6742c01fda01e0089f', 'hex')
    const all = [...picture(0, SPS, PPS, IDR), ...picture(3000, SPS, PPS, IDR), ...picture(6000, other, PPS, IDR)]
    for (const data of all) ingest.receive(data)
    expect(packets.map(({ config }) => config)).toEqual([true, false, false, true, false])
  })

  it('is asked again for what is missing, and for a key frame where that does not come', () => {
    const { ingest, packets, picture, time, heard } = aPublisher()
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    const [lost] = picture(3000, DELTA)
    for (const data of picture(6000, DELTA)) ingest.receive(data)
    ingest.tick()
    expect(heard()).toContainEqual({ kind: 'nack', mediaSsrc: VIDEO.ssrc, lost: [lost?.readUInt16BE(2)] })
    const before = packets.length
    time.now = 600
    ingest.tick()
    expect(heard().filter(({ kind }) => kind === 'pli').length).toBeGreaterThan(1)
    for (const data of picture(9000, DELTA)) ingest.receive(data)
    expect(packets).toHaveLength(before)
    for (const data of picture(12_000, SPS, PPS, IDR)) ingest.receive(data)
    expect(packets.at(-1)).toMatchObject({ kind: 'video', key: true })
  })

  it('goes on as if nothing had been lost where a packet comes again in time', () => {
    const { ingest, packets, picture } = aPublisher()
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    const lost = picture(3000, DELTA)
    for (const data of [...picture(6000, DELTA), ...lost]) ingest.receive(data)
    expect(packets.map(({ dts }) => dts)).toEqual([0, 0, 33, 67])
  })

  it('has both tracks on the clock of its sender reports', () => {
    const { ingest, packets, picture, sound } = aPublisher()
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    ingest.receive(sound(0))
    const at = ntpTime(Date.UTC(2026, 0, 1))
    const later = ntpTime(Date.UTC(2026, 0, 1) + 200)
    const counts = { packets: 0, octets: 0 }
    ingest.receive(senderReport({ ssrc: VIDEO.ssrc, ntp: at, rtpTimestamp: 0, ...counts }))
    ingest.receive(senderReport({ ssrc: AUDIO.ssrc, ntp: later, rtpTimestamp: 0, ...counts }))
    ingest.receive(sound(1))
    expect(packets.at(-1)).toMatchObject({ kind: 'audio', dts: 220 })
  })

  it('reports on where its last sender report is days old', () => {
    const { ingest, picture, time, heard } = aPublisher()
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    const report = { ssrc: VIDEO.ssrc, ntp: ntpTime(Date.UTC(2026, 0, 1)), rtpTimestamp: 0, packets: 0, octets: 0 }
    ingest.receive(senderReport(report))
    time.now = 3 * 24 * 3600 * 1000
    ingest.tick()
    const blocks = heard().flatMap((message) => (message.kind === 'receiver-report' ? message.blocks : []))
    expect(blocks).toMatchObject([{ delaySinceLast: 0xffff_ffff }])
  })

  it('allows less when much is lost', () => {
    const { ingest, picture, time, heard } = aPublisher()
    for (const data of picture(0, SPS, PPS, IDR)) ingest.receive(data)
    for (let second = 1; second < 4; second++) {
      for (const [index, data] of picture(second * 90_000, IDR).entries()) if (index !== 1) ingest.receive(data)
      time.now = second * 1000
      ingest.tick()
    }
    const rates = heard().flatMap((message) => (message.kind === 'remb' ? [message.bitrate] : []))
    expect(rates.at(-1)).toBeLessThan(2_500_000)
  })

  it('throws at no parameter sets that no sequence header can hold', () => {
    const { ingest, packets, picture } = aPublisher()
    const huge = Buffer.concat([SPS, Buffer.alloc(0x1_0000, 1)])
    for (const data of picture(0, huge, PPS, IDR)) ingest.receive(data)
    expect(packets).toEqual([])
  })

  it('throws at no bytes', () => {
    const { ingest, picture, sound } = aPublisher()
    const samples = [
      ...picture(0, SPS, PPS, IDR).slice(0, 2),
      sound(1),
      senderReport({ ...VIDEO, ntp: 1n, rtpTimestamp: 1, packets: 1, octets: 1 }),
    ]
    for (const sample of samples) {
      for (let at = 0; at < Math.min(sample.length, 40); at++) {
        const damaged = Buffer.from(sample)
        for (const byte of [0, 0x7f, 0xff]) {
          damaged[at] = byte
          ingest.receive(damaged)
        }
        ingest.receive(sample.subarray(0, at))
      }
    }
    ingest.tick()
  })
})
