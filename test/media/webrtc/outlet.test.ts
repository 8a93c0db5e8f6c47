import { describe, expect, it } from 'vitest'
import { parsePacket } from '../../../src/media/packet.ts'
import { readRtp } from '../../../src/media/rtp/packet.ts'
import { readRtcp } from '../../../src/media/rtp/rtcp-reader.ts'
import { nack, pli } from '../../../src/media/rtp/rtcp-writer.ts'
import { avcFrame, avcHeader, opusFrame, opusHeader } from '../../../src/media/rtp/tags.ts'
import { AUDIO, RtpOutlet, VIDEO } from '../../../src/media/webrtc/outlet.ts'

const SPS = Buffer.from('6742c01fda014016e8', 'hex')
const PPS = Buffer.from('68ce3c80', 'hex')
const IDR = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(3000, 1)])
/** A P slice: first_mb_in_slice 0, slice_type 5. */
const DELTA = Buffer.from([0x41, 0x9a, 2, 3])
/** The same of type 6. */
const BIDIRECTIONAL = Buffer.from([0x01, 0x9e, 2, 3])

class Viewer {
  readonly got: Buffer[] = []
  readonly ended: string[] = []
  takes = true

  send(packet: Buffer): boolean {
    if (this.takes) this.got.push(packet)
    return this.takes
  }

  onEnd(reason: string): void {
    this.ended.push(reason)
  }

  /** Media, by track. */
  of({ ssrc }: { readonly ssrc: number }) {
    return this.got.flatMap((data) => readRtp(data) ?? []).filter((packet) => packet.ssrc === ssrc)
  }
}

function anOutlet() {
  const time = { now: 1_000_000 }
  const empty: true[] = []
  const wanted: true[] = []
  const outlet = new RtpOutlet(
    { onEmpty: () => void empty.push(true), onKeyFrameWanted: () => void wanted.push(true) },
    () => time.now,
  )
  const push = (kind: 'audio' | 'video', dts: number, body: Buffer | undefined) => {
    const packet = body && parsePacket(kind, dts, body)
    if (packet) outlet.push(packet)
  }
  const begin = () => {
    push('video', 0, avcHeader(SPS, PPS))
    push('audio', 0, opusHeader())
    push('video', 0, avcFrame([IDR]))
  }
  const join = () => {
    const viewer = new Viewer()
    return { viewer, seat: outlet.join(viewer) }
  }
  return { outlet, push, begin, join, time, empty, wanted }
}

describe('one stream as RTP', () => {
  it('sends a joiner everything since the last key frame, and then the same packets to all', () => {
    const { push, begin, join } = anOutlet()
    begin()
    push('video', 40, avcFrame([DELTA]))
    const first = join().viewer
    push('video', 80, avcFrame([DELTA]))
    const second = join().viewer
    push('video', 120, avcFrame([DELTA]))
    expect(second.of(VIDEO)).toEqual(first.of(VIDEO))
    expect(first.got.at(-1)).toBe(second.got.at(-1))
    expect(first.of(VIDEO).map(({ payload }) => (payload[0] ?? 0) & 0x1f)).toEqual([7, 8, 28, 28, 28, 1, 1, 1])
    expect(first.of(VIDEO).at(-1)).toMatchObject({ timestamp: 120 * 90, marker: true })
  })

  it('asks for a key frame when a viewer joins, and when one asks for it', () => {
    const { begin, join, wanted } = anOutlet()
    begin()
    const { seat } = join()
    expect(wanted).toHaveLength(1)
    seat.receive(pli(9, VIDEO.ssrc))
    expect(wanted).toHaveLength(2)
    seat.receive(nack(9, VIDEO.ssrc, [0]))
    expect(wanted).toHaveLength(2)
  })

  it('sends no more again than a viewer could have missed, however often it asks', () => {
    const { begin, join, time } = anOutlet()
    begin()
    const { viewer, seat } = join()
    const before = viewer.got.length
    for (let n = 0; n < 100; n++)
      seat.receive(
        nack(
          9,
          VIDEO.ssrc,
          Array.from({ length: 300 }, () => 0),
        ),
      )
    expect(viewer.got.length - before).toBe(1000)
    time.now += 500
    seat.receive(
      nack(
        9,
        VIDEO.ssrc,
        Array.from({ length: 900 }, () => 0),
      ),
    )
    expect(viewer.got.length - before).toBe(1500)
  })

  it('places sound without gaps where its times were rounded', () => {
    const { push, begin, join } = anOutlet()
    begin()
    const { viewer } = join()
    for (const [index, dts] of [0, 21, 39, 61].entries()) push('audio', dts, opusFrame(Buffer.from([0xfc, index])))
    expect(viewer.of(AUDIO).map(({ timestamp }) => timestamp)).toEqual([0, 960, 1920, 2880])
  })

  it('keeps no sound that is larger than a datagram', () => {
    const { push, begin, join } = anOutlet()
    begin()
    const { viewer } = join()
    push('audio', 20, opusFrame(Buffer.alloc(1_000_000, 0xfc)))
    expect(viewer.of(AUDIO)).toEqual([])
  })

  it('throws at no packet that a publisher may send', () => {
    const { outlet, push, begin, join } = anOutlet()
    begin()
    join()
    const bodies = [
      avcHeader(SPS, PPS),
      avcFrame([IDR.subarray(0, 40)]),
      opusHeader(),
      opusFrame(Buffer.from([0xfc, 1])),
    ]
    for (const [index, body = Buffer.alloc(0)] of bodies.entries()) {
      for (let at = 0; at < body.length; at++) {
        for (const byte of [0, 0x7f, 0xff]) {
          const damaged = Buffer.from(body)
          damaged[at] = byte
          push(index < 2 ? 'video' : 'audio', at, damaged)
        }
        push(index < 2 ? 'video' : 'audio', at, body.subarray(0, at))
      }
    }
    outlet.end()
  })

  it('leaves out pictures that need later ones', () => {
    const { push, begin, join } = anOutlet()
    begin()
    const { viewer } = join()
    const before = viewer.got.length
    push('video', 40, avcFrame([BIDIRECTIONAL]))
    expect(viewer.got).toHaveLength(before)
  })

  it('sends again what one viewer asks for, and to nobody else', () => {
    const { begin, join } = anOutlet()
    begin()
    const { viewer, seat } = join()
    const other = join().viewer
    const lost = viewer.of(VIDEO)[3]?.sequenceNumber ?? -1
    const [others, sent] = [other.got.length, viewer.got.length]
    seat.receive(nack(1, VIDEO.ssrc, [lost, 40_000]))
    expect(viewer.got).toHaveLength(sent + 1)
    expect(viewer.of(VIDEO).at(-1)?.sequenceNumber).toBe(lost)
    expect(other.got).toHaveLength(others)
  })

  it('sends nothing to a viewer that is behind until the next key frame, and lets it go when that takes long', () => {
    const { push, begin, join, time } = anOutlet()
    begin()
    const { viewer } = join()
    viewer.takes = false
    push('video', 40, avcFrame([DELTA]))
    viewer.takes = true
    const before = viewer.of(VIDEO).length
    push('video', 80, avcFrame([DELTA]))
    expect(viewer.of(VIDEO)).toHaveLength(before)
    push('video', 120, avcFrame([IDR]))
    expect(viewer.of(VIDEO).length).toBeGreaterThan(before)
    viewer.takes = false
    push('video', 160, avcFrame([IDR]))
    time.now += 16_000
    push('video', 200, avcFrame([IDR]))
    expect(viewer.ended).toEqual(['slow'])
  })

  it('tells the same instant of both tracks', () => {
    const { push, begin, join, time } = anOutlet()
    begin()
    push('audio', 0, opusFrame(Buffer.from([0xfc, 1])))
    const { viewer } = join()
    time.now += 1500
    push('video', 1500, avcFrame([DELTA]))
    const reports = viewer.got.flatMap((data) => readRtcp(data)).filter(({ kind }) => kind === 'sender-report')
    const [video, audio] = reports.flatMap((report) => (report.kind === 'sender-report' ? [report] : []))
    expect(video?.ntp).toBe(audio?.ntp)
    expect((video?.rtpTimestamp ?? 0) / 90).toBeCloseTo((audio?.rtpTimestamp ?? 1) / 48, 3)
  })

  it('ends with the stream, and says when its last viewer has left', () => {
    const { outlet, begin, join, empty } = anOutlet()
    begin()
    const { viewer } = join()
    const { seat, viewer: gone } = join()
    expect(outlet.viewers).toBe(2)
    seat.leave()
    outlet.end()
    expect([viewer.ended, gone.ended, empty]).toEqual([['stream-ended'], [], [true]])
  })
})
