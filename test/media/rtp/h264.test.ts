import { describe, expect, it } from 'vitest'
import { H264Depacketizer, isBSlice, packetizeH264 } from '../../../src/media/rtp/h264.ts'
import type { RtpPacket } from '../../../src/media/rtp/packet.ts'

/** A slice that begins its picture, one that follows it, and what is too large for a packet. */
const FIRST = Buffer.from([0x65, 0x88, 1, 2])
const SECOND = Buffer.from([0x65, 0x10, 3, 4])
const LARGE = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(3000, 7)])

function picture(timestamp: number, ...units: Buffer[]): RtpPacket[] {
  const payloads = packetizeH264(units)
  return payloads.map((payload, index) => ({
    payloadType: 102,
    marker: index === payloads.length - 1,
    sequenceNumber: index,
    timestamp,
    ssrc: 5,
    payload,
  }))
}

/** What comes out; undefined stands for a packet that is lost. */
function depacketized(packets: readonly (RtpPacket | undefined)[]): Buffer[][] {
  const depacketizer = new H264Depacketizer()
  return packets.flatMap((packet) => {
    if (packet) return [depacketizer.push(packet)].flatMap((units) => (units ? [units] : []))
    depacketizer.lost()
    return []
  })
}

describe('H.264 in RTP', () => {
  it('is put together as it was taken apart', () => {
    expect(depacketized([...picture(0, FIRST, LARGE), ...picture(1, SECOND)])).toEqual([[FIRST, LARGE], [SECOND]])
  })

  it('reads units that share a packet', () => {
    const [packet] = picture(0, Buffer.concat([Buffer.from([0x18, 0, 4]), FIRST, Buffer.from([0, 4]), SECOND]))
    expect(depacketized([packet])).toEqual([[FIRST, SECOND]])
  })

  it.each([
    ['its beginning', 0],
    ['its middle', 1],
    ['its end', 2],
  ])('passes on no picture of which %s is missing, but the next one', (_what, missing) => {
    const broken = picture(0, LARGE).map((packet, index) => (index === missing ? undefined : packet))
    expect(depacketized([...broken, ...picture(1, FIRST, SECOND)])).toEqual([[FIRST, SECOND]])
  })

  it('passes on neither of two pictures where the end of one is missing and the beginning of the next', () => {
    const [begin] = picture(0, FIRST, SECOND)
    const [, end] = picture(1, FIRST, SECOND)
    expect(depacketized([begin, undefined, end, ...picture(2, FIRST)])).toEqual([[FIRST]])
  })

  it('passes on the whole picture that follows one of which nothing came', () => {
    expect(depacketized([...picture(0, FIRST), undefined, ...picture(2, FIRST, SECOND)])).toEqual([
      [FIRST],
      [FIRST, SECOND],
    ])
  })

  it('gives up a picture of endless parts', () => {
    const flood = Array.from({ length: 20_000 }, () => picture(0, FIRST)[0]).map(
      (packet) => packet && { ...packet, marker: false },
    )
    expect(depacketized([...flood, ...picture(1, FIRST)])).toEqual([[FIRST]])
  })

  it('knows slices of type B', () => {
    expect(isBSlice(Buffer.from([0x01, 0x9e, 2, 3]))).toBe(true)
    expect(isBSlice(Buffer.from([0x41, 0x9a, 2, 3]))).toBe(false)
    expect(isBSlice(Buffer.from([0x01]))).toBe(false)
  })
})
