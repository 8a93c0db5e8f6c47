import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub } from '../../src/media/hub.ts'
import { codecName, parsePacket } from '../../src/media/packet.ts'
import type { MediaPacket, PacketKind, Publication } from '../../src/media/ports.ts'
import { avcFrame, avcHeader, opusFrame, opusHeader } from '../../src/media/rtp/tags.ts'
import { findTranscoder } from '../../src/media/transcode/ffmpeg.ts'
import type { Transcoding } from '../../src/media/transcode/ports.ts'
import { standingClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { FlvReader, type FlvTag, packetOf } from '../support/flv.ts'
import { describeWith } from '../support/programs.ts'
import { aacOf, beepsIn } from '../support/sound.ts'
import { audioConfig, sound } from '../support/synthetic-media.ts'
import { LoopbackViewer } from '../support/viewers.ts'

const SPS = Buffer.from('6742c01fda014016e8', 'hex')
const PPS = Buffer.from('68ce3c80', 'hex')
const IDR = Buffer.from([0x65, 0x88, 1, 1])
const DELTA = Buffer.from([0x41, 0x9a, 2, 3])

/** A transcoder by hand: what went in comes out, as another codec, when the test says so. */
class HandTranscoding implements Transcoding {
  readonly name = 'hand'
  readonly log: string[] = []
  giveUp = () => {}
  #waiting: (() => void)[] = []

  start(to: string, onPacket: (packet: MediaPacket) => void, onGivenUp: () => void) {
    this.giveUp = onGivenUp
    this.log.push(`start ${to}`)
    let closed = false
    return {
      push: ({ dts, config }: MediaPacket) => {
        const packet = config ? audioConfig('stereo', dts) : sound(dts)
        this.#waiting.push(() => closed || onPacket(packet))
      },
      close: () => {
        if (!closed) this.log.push('close')
        closed = true
      },
    }
  }

  finish(): void {
    for (const pass of this.#waiting.splice(0)) pass()
  }
}

class Stream {
  readonly hub: Hub
  publication: Publication

  constructor(transcoding?: Transcoding, grace = 0) {
    this.hub = createHub({ latency: 20, publisherGrace: () => grace, transcoding })
    onTestFinished(() => this.hub.close())
    this.publication = this.start()
  }

  start(): Publication {
    const publication = this.hub.claim('LiveApp', 'cam')
    if (!publication) throw new Error('cam is taken')
    publication.start({ protocol: 'webrtc', address: '127.0.0.1' })
    this.publication = publication
    return publication
  }

  push(kind: PacketKind, dts: number, body: Buffer | undefined): void {
    const packet = body && parsePacket(kind, dts, body)
    if (packet) this.publication.push(packet)
  }

  /** Headers, and a group of pictures with sound. */
  opus(from = 0): void {
    this.push('video', from, avcHeader(SPS, PPS))
    this.push('audio', from, opusHeader())
    this.media(from, from + 200)
  }

  media(from: number, to: number, frame = opusFrame(Buffer.from([0xfc, 1]))): void {
    for (let at = from; at < to; at += 20) {
      if ((at - from) % 40 === 0) this.push('video', at, avcFrame([at === from ? IDR : DELTA]))
      this.push('audio', at, frame)
    }
  }
}

function tagsOf(viewer: LoopbackViewer): readonly FlvTag[] {
  const reader = new FlvReader()
  reader.push(viewer.received)
  return reader.tags
}

/** Waits for a tag of `kind` at `dts` or later. */
function reached(viewer: LoopbackViewer, dts: number, kind: PacketKind = 'video'): Promise<readonly FlvTag[]> {
  return eventually(() => {
    const tags = tagsOf(viewer)
    return tags.some((tag) => tag.kind === kind && tag.dts >= dts) ? tags : undefined
  })
}

const codecs = (tags: readonly FlvTag[]) => new Set(tags.flatMap((tag) => codecName({ ...packetOf(tag) }) ?? []))
const flags = (viewer: LoopbackViewer) => viewer.received[4]

describe('viewers of FLV at a stream in Opus', () => {
  it('get AAC between the pictures of its time, from the last key frame on', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.opus()
    const viewer = await LoopbackViewer.of(stream.hub)
    stream.media(200, 400)
    transcoding.finish()
    const tags = await reached(viewer, 380, 'audio')
    expect(codecs(tags)).toEqual(new Set(['H264', 'AAC']))
    expect(flags(viewer)).toBe(5)
    const media = tags.filter(({ payload }) => payload[1] === 1)
    expect(media.map(({ dts }) => dts)).toEqual([...media.map(({ dts }) => dts)].sort((a, b) => a - b))
    expect(media.filter(({ kind }) => kind === 'audio')).toHaveLength(20)
    expect(media.filter(({ kind }) => kind === 'video')).toHaveLength(10)
    expect(tags.slice(0, 2).map(({ kind, payload }) => [kind, payload[1]])).toEqual([
      ['video', 0],
      ['audio', 0],
    ])
  })

  it('share one transcoder, which works only while somebody watches', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.opus()
    expect(transcoding.log).toEqual([])
    const first = await LoopbackViewer.of(stream.hub)
    transcoding.finish()
    await reached(first, 160)
    const second = await LoopbackViewer.of(stream.hub, 'rtmp')
    expect(stream.hub.list()[0]?.viewers).toBe(2)
    first.seat.leave()
    expect(transcoding.log).toEqual(['start AAC'])
    second.seat.leave()
    expect(transcoding.log).toEqual(['start AAC', 'close'])
    stream.media(200, 400)
    const third = await LoopbackViewer.of(stream.hub)
    transcoding.finish()
    const tags = await reached(third, 360)
    expect(transcoding.log).toEqual(['start AAC', 'close', 'start AAC'])
    expect(tags.find(({ kind, payload }) => kind === 'video' && payload[1] === 1)?.dts).toBe(200)
  })

  it('begin with all headers where the last one before them was let go for being slow', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.opus()
    const slow = await LoopbackViewer.of(stream.hub)
    transcoding.finish()
    await reached(slow, 160)
    Object.defineProperty(slow.near, 'writableLength', { get: () => 9 * 1024 * 1024 })
    for (let from = 200; slow.ends.length === 0 && from < 2000; from += 200) {
      stream.media(from, from + 200)
      transcoding.finish()
    }
    expect(slow.ends).toEqual(['slow'])
    await eventually(() => transcoding.log.length === 2 || undefined)
    stream.media(2000, 2200)
    const viewer = await LoopbackViewer.of(stream.hub)
    stream.media(2200, 2400)
    transcoding.finish()
    const tags = await reached(viewer, 2360)
    expect(flags(viewer)).toBe(5)
    expect(tags[0]).toMatchObject({ kind: 'video', payload: avcHeader(SPS, PPS) })
    const times = tags.filter(({ kind, payload }) => kind === 'video' && payload[1] === 1).map(({ dts }) => dts)
    expect(times[0]).toBe(2000)
  })

  it('get pictures within three seconds where the sound does not come out', async () => {
    const stream = new Stream(new HandTranscoding())
    stream.opus()
    const viewer = await LoopbackViewer.of(stream.hub)
    const tags = await reached(viewer, 160)
    expect(codecs(tags)).toEqual(new Set(['H264']))
  })

  it('get pictures as they come once the transcoder is given up for good', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.opus()
    const viewer = await LoopbackViewer.of(stream.hub)
    transcoding.giveUp()
    // With it stands still whatever waits for sound.
    standingClock()
    stream.media(200, 400)
    await reached(viewer, 360)
  })

  it('get pictures only, and are told so, where nothing can transcode', async () => {
    const stream = new Stream()
    stream.opus()
    const viewer = await LoopbackViewer.of(stream.hub)
    stream.media(200, 400)
    const tags = await reached(viewer, 360)
    expect(new Set(tags.map(({ kind }) => kind))).toEqual(new Set(['video']))
    expect(flags(viewer)).toBe(1)
  })

  it('hear sound that begins after they came, and go on where the publisher changes to AAC and back', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.push('video', 0, avcHeader(SPS, PPS))
    stream.push('video', 0, avcFrame([IDR]))
    const viewer = await LoopbackViewer.of(stream.hub)
    await reached(viewer, 0)
    stream.push('audio', 40, opusHeader())
    stream.media(40, 200)
    transcoding.finish()
    await reached(viewer, 180, 'audio')
    stream.publication.push(audioConfig('stereo', 200))
    stream.media(200, 400, sound(0).payload)
    expect(transcoding.log).toEqual(['start AAC', 'close'])
    stream.push('audio', 400, opusHeader())
    stream.media(400, 600)
    transcoding.finish()
    const tags = await reached(viewer, 560)
    expect(transcoding.log).toEqual(['start AAC', 'close', 'start AAC'])
    expect(codecs(tags)).toEqual(new Set(['H264', 'AAC']))
    const times = tags.filter(({ kind, payload }) => kind === 'video' && payload[1] === 1).map(({ dts }) => dts)
    expect(times).toEqual([0, ...Array.from({ length: 14 }, (_, index) => 40 + index * 40)])
  })

  it('who come after a change to AAC that nobody saw miss nothing', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding)
    stream.opus()
    stream.publication.push(audioConfig('stereo', 200))
    stream.media(200, 400, sound(0).payload)
    const viewer = await LoopbackViewer.of(stream.hub)
    const tags = await reached(viewer, 360)
    expect(transcoding.log).toEqual([])
    expect(codecs(tags)).toEqual(new Set(['H264', 'AAC']))
    expect(tags[0]).toMatchObject({ kind: 'video', payload: avcHeader(SPS, PPS) })
  })

  it('stay when the publisher is lost, hear the next one, and leave at the end of the stream', async () => {
    const transcoding = new HandTranscoding()
    const stream = new Stream(transcoding, 60)
    stream.opus()
    const viewer = await LoopbackViewer.of(stream.hub)
    transcoding.finish()
    await reached(viewer, 160)
    stream.publication.lose()
    stream.start()
    expect(transcoding.log).toEqual(['start AAC', 'close'])
    stream.opus()
    transcoding.finish()
    const count = tagsOf(viewer).length
    await eventually(() => tagsOf(viewer).filter(({ kind }) => kind === 'audio').length >= 22 || undefined)
    expect(tagsOf(viewer).length).toBeGreaterThan(count)
    stream.publication.end()
    await eventually(() => viewer.ends.length || undefined)
    expect(viewer.ends).toEqual(['stream-ended'])
    expect(transcoding.log).toEqual(['start AAC', 'close', 'start AAC', 'close'])
  })
})

describeWith(['ffmpeg'], 'viewers of FLV at a stream in Opus, by way of ffmpeg', () => {
  it('hear each sound at its time', async () => {
    // What is pushed all at once looks late where ffmpeg stands still.
    standingClock()
    const transcoding = await findTranscoder({ log: { warn: () => {} } })
    const stream = new Stream(transcoding)
    const opus: MediaPacket[] = []
    const encoder = transcoding?.start('Opus', (packet) => void opus.push(packet))
    onTestFinished(() => encoder?.close())
    for (const packet of aacOf({ seconds: 3, beeps: [500, 2000], from: 1000 })) encoder?.push(packet)
    await eventually(() => (opus.at(-1)?.dts ?? 0) > 3800 || undefined)
    stream.push('video', 1000, avcHeader(SPS, PPS))
    stream.push('video', 1000, avcFrame([IDR]))
    for (const packet of opus) stream.publication.push(packet)
    const viewer = await LoopbackViewer.of(stream.hub)
    const tags = await reached(viewer, 3700, 'audio')
    const beeps = beepsIn(tags.filter(({ kind }) => kind === 'audio').map(packetOf))
    expect(beeps).toHaveLength(2)
    for (const [index, at] of [1500, 3000].entries()) expect(Math.abs((beeps[index] ?? 0) - at)).toBeLessThan(15)
  })
})
