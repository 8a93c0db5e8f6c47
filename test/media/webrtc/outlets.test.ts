import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../../src/media/hub.ts'
import { parsePacket } from '../../../src/media/packet.ts'
import type { LiveStream, MediaPacket, PacketKind, Publication } from '../../../src/media/ports.ts'
import { isRtcp, type RtpPacket, readRtp } from '../../../src/media/rtp/packet.ts'
import { avcFrame, avcHeader, opusFrame, opusHeader } from '../../../src/media/rtp/tags.ts'
import type { Transcoding } from '../../../src/media/transcode/ports.ts'
import { AUDIO, VIDEO } from '../../../src/media/webrtc/outlet.ts'
import { Outlets } from '../../../src/media/webrtc/outlets.ts'
import { audioConfig, sound } from '../../support/synthetic-media.ts'

const SPS = Buffer.from('6742c01fda014016e8', 'hex')
const OTHER_SPS = Buffer.from('6742c01fda01e0089f', 'hex')
const PPS = Buffer.from('68ce3c80', 'hex')
const IDR = Buffer.from([0x65, 0x88, 1, 1])
const OPUS = opusFrame(Buffer.from([0xfc, 1]))

/** A stream of the hub whose publishers come and go, and who watches it over RTP. */
function aStream() {
  const log: string[] = []
  const transcoding: Transcoding = {
    name: 'at once',
    start: (to, onPacket) => {
      log.push(`start ${to}`)
      const pass = (dts: number, body: Buffer) => {
        const packet = parsePacket('audio', dts, body)
        if (packet) onPacket(packet)
      }
      return {
        push: ({ dts, config }: MediaPacket) => pass(dts, config ? opusHeader() : OPUS),
        close: () => void log.push('close'),
      }
    },
  }
  const hub = createHub({ publisherGrace: () => 60 })
  onTestFinished(() => hub.close())
  const outlets = new Outlets(transcoding)
  const live = (): LiveStream => {
    const found = hub.find('LiveApp', 'cam')
    if (!found) throw new Error('cam is not live')
    return found
  }
  const watch = () => {
    const got: RtpPacket[] = []
    const ends: string[] = []
    const send = (data: Buffer) => {
      const packet = isRtcp(data) ? undefined : readRtp(data)
      if (packet) got.push(packet)
      return true
    }
    const seat = outlets.of(live()).join({ send, onEnd: (reason) => void ends.push(reason) })
    return { seat, ends, of: ({ ssrc }: { readonly ssrc: number }) => got.filter((packet) => packet.ssrc === ssrc) }
  }
  const publish = () => {
    const publication = hub.claim('LiveApp', 'cam')
    if (!publication) throw new Error('cam is taken')
    publication.start({ protocol: 'rtmp', address: '' })
    return publication
  }
  return { hub, log, publish, watch }
}

function push(publication: Publication, kind: PacketKind, dts: number, body: Buffer | undefined): void {
  const packet = body && parsePacket(kind, dts, body)
  if (packet) publication.push(packet)
}

function begin(publication: Publication, at: number, codec: 'AAC' | 'Opus', sps = SPS): void {
  push(publication, 'video', at, avcHeader(sps, PPS))
  if (codec === 'AAC') publication.push(audioConfig('stereo', at))
  else push(publication, 'audio', at, opusHeader())
  push(publication, 'video', at, avcFrame([IDR]))
  for (let dts = at; dts < at + 200; dts += 20) {
    if (codec === 'AAC') publication.push(sound(dts))
    else push(publication, 'audio', dts, OPUS)
  }
}

describe('those who watch over RTP', () => {
  it('stay when the publisher is lost, and go on with the next one in whatever codecs', () => {
    const { hub, log, publish, watch } = aStream()
    const first = publish()
    begin(first, 0, 'AAC')
    const viewer = watch()
    first.lose()
    const newcomer = watch()
    begin(publish(), 5_000_000, 'Opus', OTHER_SPS)
    expect(log).toEqual(['start Opus', 'close'])
    expect(viewer.of(VIDEO).some(({ payload }) => payload.equals(OTHER_SPS))).toBe(true)
    for (const { ends, of } of [viewer, newcomer]) {
      expect(ends).toEqual([])
      for (const track of [VIDEO, AUDIO]) {
        const numbers = of(track).map(({ sequenceNumber }) => sequenceNumber)
        expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
        const times = of(track).map(({ timestamp }) => timestamp)
        expect(times).toEqual([...times].sort((one, other) => one - other))
        expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(60 * 90_000)
      }
    }
    expect(hub.list()).toMatchObject([{ viewers: 2, audioCodec: 'Opus' }])
  })

  it('leave nothing behind, in whatever order they and the publisher go', () => {
    const { hub, log, publish, watch } = aStream()
    const first = publish()
    begin(first, 0, 'AAC')
    const [one, other] = [watch(), watch()]
    one.seat.leave()
    one.seat.leave()
    expect(hub.list()).toMatchObject([{ viewers: 1 }])
    expect(log).toEqual(['start Opus'])
    first.lose()
    other.seat.leave()
    expect(log).toEqual(['start Opus', 'close'])
    const second = publish()
    begin(second, 0, 'AAC')
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
    const last = watch()
    expect(log).toEqual(['start Opus', 'close', 'start Opus'])
    second.end()
    expect(last.ends).toEqual(['stream-ended'])
    last.seat.leave()
    begin(publish(), 0, 'AAC')
    expect(log.filter((line) => line.startsWith('start'))).toHaveLength(2)
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
  })
})
