import { describe, expect, it } from 'vitest'
import { UnwrappedClock } from '../../../src/media/fmp4/clock.ts'
import { Demuxer } from '../../../src/media/fmp4/demuxer.ts'
import { parsePacket } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { Collector, demuxed, type Timeline } from '../../support/demuxed.ts'
import { packetsAt } from '../../support/media-files.ts'
import {
  audioConfig,
  configs,
  hostilePackets,
  picture,
  sound,
  span,
  videoConfig,
} from '../../support/synthetic-media.ts'

const WRAP = 2 ** 32

/** Seconds at which the samples of a kind are decoded, rounded to milliseconds. */
function times(timeline: Timeline | undefined, kind: 'video' | 'audio'): number[] {
  const scale = kind === 'video' ? 90 : 44.1
  return timeline?.of(kind).map(({ dts }) => Math.round(dts / scale)) ?? []
}

function kinds({ timelines }: Collector): string[] {
  return timelines.map(({ tracks }) => tracks.map(({ kind }) => kind).join('+'))
}

function endToEnd({ samples }: Timeline): boolean {
  const ends = { video: 0, audio: Number.NaN }
  return samples.every(({ track: { kind }, sample }) => {
    const follows = Number.isNaN(ends[kind]) || ends[kind] === sample.dts
    ends[kind] = sample.dts + sample.duration
    return follows
  })
}

describe('a stream', () => {
  it('begins at 0 with a key frame, whatever its clock says', () => {
    const { timeline } = demuxed([...configs(), ...span({ from: 123_456, to: 125_456 })])
    expect(times(timeline, 'video').slice(0, 3)).toEqual([0, 40, 80])
    expect(times(timeline, 'audio')[0]).toBe(0)
    expect(timeline.of('video')[0]?.key).toBe(true)
    expect(endToEnd(timeline)).toBe(true)
  })

  it('tells where it may be cut', () => {
    const { timeline } = demuxed([...configs(), ...span({ from: 0, to: 4000, gop: 25 })])
    const cuts = timeline.samples.filter(({ track, beforeKey }) => track.kind === 'video' && beforeKey)
    expect(cuts.map(({ sample }) => (sample.dts + sample.duration) / 90)).toEqual([1000, 2000, 3000])
  })

  it('keeps composition offsets, negative ones too', () => {
    const pictures = [picture(0, { key: true, compositionTime: 80 }), picture(40, { compositionTime: -40 })]
    const { timeline } = demuxed([videoConfig(), ...pictures])
    expect(timeline.of('video').map(({ compositionOffset }) => compositionOffset / 90)).toEqual([80, -40])
  })

  it('leaves out sound and pictures from before its first key frame', () => {
    const before = [sound(0), picture(0), sound(23), picture(40)]
    const { timeline } = demuxed([...configs(), ...before, ...span({ from: 80, to: 1080 })])
    expect(times(timeline, 'audio')[0]).toBe(0)
    expect(timeline.of('video')).toHaveLength(25)
  })

  it.each([
    ['pictures only', { audio: false }, 'video'],
    ['sound only', { video: false }, 'audio'],
  ])('of %s is one', (_name, has, kind) => {
    const collector = demuxed([...configs(has), ...span({ from: 0, to: 3000, ...has })])
    expect(kinds(collector)).toEqual([kind])
    expect(times(collector.timeline, kind as 'video' | 'audio').at(-1)).toBeGreaterThan(2900)
  })

  it('that is over before anybody knows what it is made of is one of what was there', () => {
    expect(kinds(demuxed([videoConfig(), picture(0, { key: true })]))).toEqual(['video'])
  })

  it('that holds nothing ends without having begun', () => {
    const collector = demuxed(configs())
    expect(collector.timelines).toEqual([])
    expect(collector.ends).toBe(1)
  })

  it('waits a second, and no longer, for a kind that it may have', () => {
    const collector = new Collector()
    const demuxer = new Demuxer(collector)
    demuxer.push(audioConfig())
    for (const packet of span({ from: 0, to: 1000, video: false })) demuxer.push(packet)
    expect(collector.timelines).toEqual([])
    demuxer.push(sound(1000))
    expect(kinds(collector)).toEqual(['audio'])
  })

  it('waits longer for the key frame of video that it has', () => {
    const middle = span({ from: 0, to: 5000, gop: 1000 }).slice(1)
    const collector = demuxed([...configs(), ...middle, ...span({ from: 5000, to: 6000 })])
    expect(kinds(collector)).toEqual(['video+audio'])
    expect(collector.timeline.of('video')).toHaveLength(25)
  })
})

describe('it begins anew', () => {
  const first = [...configs(), ...span({ from: 0, to: 4000 })]

  it.each<[string, MediaPacket[]]>([
    ['where the clock jumps back', span({ from: 1000, to: 3000 })],
    ['where the clock jumps ahead', span({ from: 20_000, to: 22_000 })],
    [
      'where a track is missing for longer than a picture may stay',
      [...span({ from: 4000, to: 70_000, video: false }), ...span({ from: 70_000, to: 72_000 })],
    ],
    ['with another picture size', [videoConfig('large'), ...span({ from: 4000, to: 6000 })]],
    ['with other sound', [audioConfig('mono'), ...span({ from: 4000, to: 6000 })]],
  ])('%s', (_name, second) => {
    const { timelines } = demuxed([...first, ...second])
    expect(timelines).toHaveLength(2)
    expect(times(timelines[1], 'video')).toEqual(times(timelines[0], 'video').slice(0, 50))
    expect(timelines.every(endToEnd)).toBe(true)
    expect(timelines[0]?.of('video')).toHaveLength(100)
  })

  it('with another publisher, though it codes alike', () => {
    const collector = new Collector()
    const demuxer = new Demuxer(collector)
    for (const packet of first) demuxer.push(packet)
    demuxer.restart()
    demuxer.push(sound(4000))
    for (const packet of packetsAt(first, 4500)) demuxer.push(packet)
    demuxer.end()
    expect(kinds(collector)).toEqual(['video+audio', 'video+audio'])
    expect(collector.timelines[1]?.of('video')).toHaveLength(100)
  })

  it('with a publisher that has no picture', () => {
    const collector = new Collector()
    const demuxer = new Demuxer(collector)
    for (const packet of first) demuxer.push(packet)
    demuxer.restart()
    for (const packet of [audioConfig(), ...span({ from: 5000, to: 7000, video: false })]) demuxer.push(packet)
    expect(kinds(collector)).toEqual(['video+audio', 'audio'])
  })

  it('where sound comes late, at a key frame', () => {
    const late = [audioConfig(), ...span({ from: 3000, to: 8000 }).filter(({ dts }) => dts > 3040)]
    const collector = demuxed([videoConfig(), ...span({ from: 0, to: 3040, audio: false }), ...late])
    expect(kinds(collector)).toEqual(['video', 'video+audio'])
    expect(collector.timelines[1]?.of('video')[0]?.key).toBe(true)
  })

  it('where pictures come late', () => {
    const early = [audioConfig(), ...span({ from: 0, to: 3000, video: false })]
    const collector = demuxed([...early, videoConfig(), ...span({ from: 3000, to: 5000 })])
    expect(kinds(collector)).toEqual(['audio', 'video+audio'])
  })

  it('without the track whose codec nobody knows any more', () => {
    const unknown = parsePacket('video', 4000, Buffer.from('\x90vp09\x01', 'latin1'))
    if (!unknown) throw new Error('no packet')
    const collector = demuxed([...first, unknown, ...span({ from: 4000, to: 8000, video: false })])
    expect(kinds(collector)).toEqual(['video+audio', 'audio'])
  })
})

describe('it goes on', () => {
  const half = span({ from: 0, to: 2000 })

  it.each<[string, MediaPacket[]]>([
    ['where a publisher repeats its headers', [...half, ...configs(), ...span({ from: 2000, to: 4000 })]],
    ['over a pause', [...half, ...span({ from: 8000, to: 10_000 })]],
    ['where a time is a little early', [...half, picture(1900), ...span({ from: 2000, to: 4000 })]],
    ['past damaged packets', [...half, sound(1999), { ...picture(1999), payload: Buffer.from([0x27]) }]],
    ['past metadata', [...half, { ...picture(1999), kind: 'metadata' }]],
  ])('%s', (_name, packets) => {
    const { timeline } = demuxed([...configs(), ...packets])
    expect(endToEnd(timeline)).toBe(true)
  })

  it('where 32 bits are over', () => {
    const packets = span({ from: 0, to: 4000 })
    const { timeline } = demuxed([...configs(), ...packetsAt(packets, WRAP - 2000)])
    expect(times(timeline, 'video')).toEqual(times(demuxed([...configs(), ...packets]).timeline, 'video'))
  })

  it('though one track wraps before the other', () => {
    const packets = [...packetsAt(span({ from: 0, to: 2000 }), WRAP - 2000), picture(0, { key: true }), sound(WRAP - 1)]
    const { timeline } = demuxed([...configs(), ...packets, picture(40), sound(22)])
    expect(times(timeline, 'video').at(-1)).toBe(2040)
    expect(endToEnd(timeline)).toBe(true)
  })

  it('for months', () => {
    const clock = new UnwrappedClock()
    const everyTwelveDays = Array.from({ length: 12 }, (_, i) => i * 2 ** 30)
    expect(everyTwelveDays.map((at) => clock.read(at >>> 0))).toEqual(everyTwelveDays)
  })
})

describe('sound', () => {
  function audioTimes(told: readonly number[]): number[] {
    return demuxed([audioConfig(), ...told.map((dts) => sound(dts))])
      .timeline.of('audio')
      .map(({ dts }) => dts)
  }
  const frame = 1024 / 44.1

  it('is laid end to end, though its times are rounded', () => {
    const told = Array.from({ length: 1000 }, (_, i) => Math.round(i * frame))
    expect(audioTimes(told)).toEqual(told.map((_, i) => i * 1024))
  })

  it('is laid end to end, though it comes in bunches', () => {
    const told = Array.from({ length: 100 }, (_, i) => Math.round(Math.floor(i / 2) * 2 * frame))
    expect(audioTimes(told)).toEqual(told.map((_, i) => i * 1024))
  })

  it.each([0.999, 1.001])('follows a clock that runs %f times as fast', (speed) => {
    const told = Array.from({ length: 10_000 }, (_, i) => Math.round(i * frame * speed))
    const off = audioTimes(told).map((dts, i) => Math.abs(dts / 44.1 - (told[i] ?? 0)))
    expect(Math.max(...off)).toBeLessThan(35)
  })

  it('has a hole where it is missing', () => {
    const told = [...Array(50).keys(), ...Array.from({ length: 50 }, (_, i) => i + 100)].map((i) =>
      Math.round(i * frame),
    )
    const hole = audioTimes(told)
    expect(hole[49]).toBe(49 * 1024)
    expect((hole[50] ?? 0) / 44.1).toBeCloseTo(told[50] ?? 0, 0)
  })
})

it('survives whatever a publisher sends', () => {
  const collector = new Collector()
  const demuxer = new Demuxer(collector)
  for (const packet of hostilePackets(20_000)) demuxer.push(packet)
  demuxer.restart()
  for (const packet of hostilePackets(1000)) demuxer.push(packet)
  demuxer.end()
  expect(collector.ends).toBe(1)
  for (const timeline of collector.timelines) expect(endToEnd(timeline)).toBe(true)
})
