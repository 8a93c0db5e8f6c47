import { M3U8Parser, PlaylistLevelType } from 'hls.js'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { HlsStream } from '../../../src/media/hls/ports.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { fileOf, HlsHouse, linesOf, playlistOf, pushAll, urisOf } from '../../support/hls-house.ts'
import {
  audioConfig,
  configs,
  hostilePackets,
  picture,
  sound,
  span,
  videoConfig,
} from '../../support/synthetic-media.ts'

const MIB = 1024 * 1024
/** More than a window may hold. */
const TOO_MUCH = 120 * MIB
const EPOCH = Date.parse('2026-01-01T00:00:00Z')
/** Media sequence number of the first segment. */
const FIRST = EPOCH / 1000

beforeEach(() => {
  vi.useFakeTimers({ now: EPOCH })
  onTestFinished(() => void vi.useRealTimers())
})

/** A stream of which `packets` have been published. */
function holding(packets: readonly MediaPacket[]) {
  const watched = new HlsHouse().watched()
  pushAll(watched.publication, packets)
  return watched
}

function durations(playlist: string): number[] {
  return linesOf(playlist, '#EXTINF:').map(Number.parseFloat)
}

/** What hls.js makes of it. */
function understood(playlist: string) {
  const url = 'http://host/LiveApp/streams/cam/live.m3u8'
  const details = M3U8Parser.parseLevelPlaylist(playlist, url, 0, PlaylistLevelType.MAIN, 0, null)
  if (details.playlistParsingError) throw details.playlistParsingError
  return details
}

describe('the media playlist', () => {
  it('lists segments, the parts of the last ones, and what comes next', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 9200 })])
    const secondsAt = (n: number) => `#EXT-X-PROGRAM-DATE-TIME:2025-12-31T23:59:${50 + 2 * n}.840Z`
    const part = (n: number, p: number, duration: number) =>
      `#EXT-X-PART:DURATION=${duration},URI="part-${FIRST + n}-${p}.m4s?session=S"${p === 0 ? ',INDEPENDENT=YES' : ''}`
    expect((await playlistOf(stream, { query: '?session=S' })).split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-TARGETDURATION:2',
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.59',
      '#EXT-X-PART-INF:PART-TARGET=0.53',
      `#EXT-X-MEDIA-SEQUENCE:${FIRST}`,
      '#EXT-X-DISCONTINUITY-SEQUENCE:0',
      `#EXT-X-MAP:URI="init-${FIRST}.mp4?session=S"`,
      secondsAt(0),
      '#EXTINF:2,',
      `seg-${FIRST}.m4s?session=S`,
      ...[1, 2, 3].flatMap((n) => [
        secondsAt(n),
        ...[part(n, 0, 0.52), part(n, 1, 0.52), part(n, 2, 0.52), part(n, 3, 0.44)],
        '#EXTINF:2,',
        `seg-${FIRST + n}.m4s?session=S`,
      ]),
      secondsAt(4),
      part(4, 0, 0.52),
      part(4, 1, 0.52),
      `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${FIRST + 4}-2.m4s?session=S"`,
      '',
    ])
  })

  it('is understood by hls.js', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 9200 })])
    const details = understood(await playlistOf(stream, { query: '?session=S' }))
    expect(details).toMatchObject({
      live: true,
      canBlockReload: true,
      canSkipUntil: 12,
      holdBack: 6,
      partHoldBack: 1.59,
      partTarget: 0.53,
      targetduration: 2,
      startSN: FIRST,
      lastPartSn: FIRST + 4,
      lastPartIndex: 1,
      preloadHint: { TYPE: 'PART', URI: `part-${FIRST + 4}-2.m4s?session=S` },
    })
    expect(details.fragments.map(({ sn, duration }) => [sn, duration])).toEqual([0, 1, 2, 3].map((n) => [FIRST + n, 2]))
    expect(details.fragments[3]?.programDateTime).toBe(EPOCH - 3160)
    expect(details.partList).toHaveLength(14)
  })

  it.each([
    ['one second', 25, [2, 2, 2, 2, 2], 2],
    ['two seconds', 50, [2, 2, 2, 2, 2], 2],
    ['0.8 seconds', 20, [2.4, 2.4, 2.4, 2.4], 2],
    ['four seconds', 100, [4, 4], 4],
    ['seven seconds', 175, [7], 7],
    ['a minute', 1500, [10], 10],
  ])('cuts at key frames, where they come every %s', async (_name, gop, expected, target) => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 11_000, gop })])
    const playlist = await playlistOf(stream)
    expect(durations(playlist)).toEqual(expected)
    expect(linesOf(playlist, '#EXT-X-TARGETDURATION:')).toEqual([String(target)])
    for (const duration of durations(playlist)) expect(Math.round(duration)).toBeLessThanOrEqual(target)
  })

  it('has no segment above its target duration, be it by the error of a sum', async () => {
    const keys = [0, 1990, 3980, 5969, 8469, 8509].map((at) => picture(at, { key: true }))
    const others = [509, 1045, 1561, 2079].map((at) => picture(5969 + at))
    const { stream } = holding([videoConfig(), ...[...keys, ...others].sort((a, b) => a.dts - b.dts)])
    const playlist = await playlistOf(stream)
    expect(durations(playlist).at(-1)).toBe(2.5)
    expect(linesOf(playlist, '#EXT-X-TARGETDURATION:')).toEqual(['3'])
  })

  it('does not say that segments are independent where key frames do not come in time', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 21_000, gop: 5000 })])
    const playlist = await playlistOf(stream)
    expect(durations(playlist)).toEqual([10, 10])
    expect(playlist).not.toContain('INDEPENDENT-SEGMENTS')
    expect(playlist.match(/INDEPENDENT=YES/g)).toHaveLength(1)
  })

  it.each([
    ['25 pictures a second', 40],
    ['30', 1000 / 30],
    ['60', 1000 / 60],
    ['24', 1000 / 24],
    ['10', 100],
    ['1', 1000],
  ])('has parts that are as long as it says: %s', async (_name, frame) => {
    const pictures = Array.from({ length: Math.ceil(9000 / frame) }, (_, i) =>
      picture(Math.round(i * frame), { key: i % Math.round(2000 / frame) === 0 }),
    )
    const { stream } = holding([videoConfig(), ...pictures])
    const { partList, partTarget } = understood(await playlistOf(stream))
    for (const part of partList ?? []) expect(part.duration).toBeLessThanOrEqual(partTarget)
    const inTheMiddle = partList?.filter((part, i) => partList[i + 1]?.fragment === part.fragment) ?? []
    for (const part of inTheMiddle) expect(part.duration).toBeGreaterThanOrEqual(0.85 * partTarget)
  })

  it('has longer parts for a while where a publisher was held up', async () => {
    const { publication, stream } = holding([...configs(), ...span({ from: 0, to: 5000 })])
    pushAll(publication, span({ from: 6000, to: 8200 }))
    expect(understood(await playlistOf(stream)).partTarget).toBeGreaterThan(1)
    pushAll(publication, span({ from: 8200, to: 40_000 }))
    expect(understood(await playlistOf(stream)).partTarget).toBe(0.53)
  })

  it('of sound alone is cut by time, and every part is independent', async () => {
    const { stream } = holding([audioConfig(), ...span({ from: 0, to: 9000, video: false })])
    const playlist = await playlistOf(stream)
    expect(durations(playlist)).toEqual(Array(4).fill(expect.closeTo(2, 0)))
    const parts = linesOf(playlist, '#EXT-X-PART:')
    expect(parts.length).toBeGreaterThan(10)
    expect(parts.every((part) => part.endsWith(',INDEPENDENT=YES'))).toBe(true)
  })

  it('goes on with sound where the pictures stop, and takes them up again', async () => {
    const { stream } = holding([
      ...configs(),
      ...span({ from: 0, to: 4000 }),
      ...span({ from: 4000, to: 24_000, video: false }),
      ...span({ from: 24_000, to: 30_000 }),
    ])
    const playlist = await playlistOf(stream)
    const listed = durations(playlist).reduce((sum, duration) => sum + duration, 0)
    expect(listed).toBeGreaterThan(24)
    expect(listed).toBeLessThanOrEqual(30.1)
    expect(playlist).not.toContain('DISCONTINUITY\n')
  })
})

describe('a delta update', () => {
  it('leaves out what is older than the skip boundary, and nothing else', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 40_500 })])
    const full = await playlistOf(stream)
    const delta = await playlistOf(stream, { skip: true })
    const [skipped = 0] = linesOf(delta, '#EXT-X-SKIP:SKIPPED-SEGMENTS=').map(Number)
    expect(skipped).toBeGreaterThan(0)
    expect(durations(delta)).toHaveLength(durations(full).length - skipped)
    const left = durations(delta).reduce((sum, duration) => sum + duration, 0)
    expect(left).toBeGreaterThanOrEqual(12)
    const tail = (text: string) => text.slice(text.indexOf(urisOf(delta)[0] ?? ''))
    expect(tail(delta)).toBe(tail(full))
    expect(understood(delta)).toMatchObject({ skippedSegments: skipped, startSN: understood(full).startSN })
  })

  it('is the whole playlist where there is nothing to leave out', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 8000 })])
    expect(await playlistOf(stream, { skip: true })).toBe(await playlistOf(stream))
  })
})

describe('the window', () => {
  it('stays as long as it is, and its numbers go up', async () => {
    const { publication, stream } = holding(configs())
    for (let at = 0; at < 120_000; at += 10_000) pushAll(publication, span({ from: at, to: at + 10_000 }))
    const playlist = await playlistOf(stream)
    expect(durations(playlist)).toHaveLength(8)
    expect(urisOf(playlist)[0]).toBe(`seg-${linesOf(playlist, '#EXT-X-MEDIA-SEQUENCE:')[0]}.m4s`)
    expect(linesOf(playlist, '#EXT-X-MEDIA-SEQUENCE:')).toEqual([String(FIRST + 59 - 8)])
  })

  it('keeps a little of what is not listed any more', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 60_000 })])
    const first = Number(linesOf(await playlistOf(stream), '#EXT-X-MEDIA-SEQUENCE:')[0])
    const signal = new AbortController().signal
    const held = await Promise.all([1, 2, 3, 4].map((n) => stream.file(`seg-${first - n}.m4s`, signal)))
    expect(held.map((file) => file !== undefined)).toEqual([true, true, true, false])
    expect(await stream.file(`init-${FIRST}.mp4`, signal)).toBeDefined()
  })

  it.each([50, 200])('is bounded for a stream of %i Mbit/s', async (megabits) => {
    const size = (megabits * 1e6) / 8 / 25
    const { publication, stream } = holding([videoConfig()])
    for (let at = 0; at < TOO_MUCH / (megabits * 125); at += 1000) {
      pushAll(publication, span({ from: at, to: at + 1000, audio: false, size, gop: 50 }))
    }
    const names = urisOf(await playlistOf(stream))
    const sizes = await Promise.all(names.map(async (name) => (await fileOf(stream, name)).length))
    expect(names.length).toBeGreaterThanOrEqual(2)
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(96 * MIB)
  })

  it.each<[string, MediaPacket, MediaPacket[]]>([
    ['pictures', picture(0, { size: 4 * MIB }), span({ from: 0, to: 10_000, video: false })],
    ['sound', sound(40, { size: 4 * MIB }), []],
  ])('is bounded where %s come without end and their times stand still', (_name, packet, before) => {
    const { publication, stream } = holding([...configs(), ...span({ from: 0, to: 80 }), ...before])
    const parts = vi.spyOn(Buffer, 'allocUnsafe')
    pushAll(publication, Array(40).fill(packet))
    const sizes = parts.mock.results.map(({ value }) => value.length)
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(100 * MIB)
    expect(Math.max(...sizes)).toBeLessThan(64 * MIB)
    expect(stream.master('')).toContain('BANDWIDTH')
  })

  it('is bounded where every frame has a configuration of its own', async () => {
    const { publication, stream } = holding(configs())
    for (let i = 0; i < 500; i++) {
      pushAll(publication, [
        videoConfig(i % 2 === 0 ? 'small' : 'large'),
        picture(i * 40, { key: true }),
        sound(i * 40),
        picture(i * 40 + 20),
      ])
    }
    const playlist = await playlistOf(stream)
    expect(durations(playlist)).toHaveLength(64)
    expect(understood(playlist).fragments.at(-1)?.cc).toBe(498)
  })
})

it('is a playlist, whatever a publisher sends', async () => {
  const { publication, stream } = holding([])
  for (const packet of hostilePackets(20_000)) publication.push(packet)
  publication.end()
  const details = understood(await playlistOf(stream))
  expect(details.fragments.length).toBeGreaterThan(0)
  expect(details.fragments.length).toBeLessThanOrEqual(64)
})

describe('a segment', () => {
  it('is the same bytes as its parts', async () => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 5000 })])
    const names = [0, 1, 2, 3].map((part) => `part-${FIRST}-${part}.m4s`)
    const before = await Promise.all(names.map((name) => fileOf(stream, name)))
    const segment = await fileOf(stream, `seg-${FIRST}.m4s`)
    const after = await Promise.all(names.map((name) => fileOf(stream, name)))
    expect(segment.equals(Buffer.concat(before))).toBe(true)
    expect(segment.equals(Buffer.concat(after))).toBe(true)
    expect(after.every(({ buffer }) => buffer === segment.buffer)).toBe(true)
    expect(await fileOf(stream, `seg-${FIRST}.m4s`)).toBe(segment)
  })

  it.each([
    'seg-1.m4s',
    `seg-${FIRST + 2}.m4s`,
    `seg-0${FIRST}.m4s`,
    `part-${FIRST}-9.m4s`,
    `part-${FIRST + 2}-9.m4s`,
    `init-${FIRST + 1}.mp4`,
    `SEG-${FIRST}.m4s`,
    '',
    '__proto__',
    '../cam.m3u8',
  ])('of a name that no playlist has is none: %s', async (name) => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 5000 })])
    expect(await stream.file(name, new AbortController().signal)).toBeUndefined()
  })
})

describe('a discontinuity', () => {
  async function afterwards(stream: HlsStream) {
    const playlist = await playlistOf(stream)
    return { playlist, details: understood(playlist), maps: linesOf(playlist, '#EXT-X-MAP:URI=') }
  }

  it.each<[string, MediaPacket[], number]>([
    ['where the codec changes', [videoConfig('large'), ...span({ from: 5000, to: 12_000 })], 2],
    ['where the sound changes', [audioConfig('mono'), ...span({ from: 5000, to: 12_000 })], 2],
    ['where the clock jumps ahead', span({ from: 50_000, to: 57_000 }), 1],
    ['where the clock jumps back', span({ from: 0, to: 7000 }), 1],
  ])('is marked %s', async (_name, second, inits) => {
    const { stream } = holding([...configs(), ...span({ from: 0, to: 5000 }), ...second])
    const { playlist, details, maps } = await afterwards(stream)
    expect(playlist.match(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP/g)).toHaveLength(1)
    expect(new Set(maps).size).toBe(inits)
    expect(durations(playlist)).toEqual([2, 2, expect.closeTo(1, 1), 2, 2, 2])
    expect(details.fragments.map(({ cc }) => cc - details.startCC)).toEqual([0, 0, 0, 1, 1, 1])
  })

  it('is marked where another publisher goes on', async () => {
    const house = new HlsHouse({ grace: 60 })
    const { publication, stream } = house.watched()
    pushAll(publication, [...configs(), ...span({ from: 0, to: 5000 })])
    publication.lose()
    expect(await playlistOf(stream)).not.toContain('ENDLIST')
    vi.advanceTimersByTime(3000)
    pushAll(house.publish(), [...configs(), ...span({ from: 700_000, to: 704_200 })])
    const { playlist, details } = await afterwards(house.stream())
    expect(house.stream()).toBe(stream)
    expect(playlist.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1)
    expect(details.fragments.map(({ cc }) => cc - details.startCC)).toEqual([0, 0, 0, 1, 1])
    expect(details.fragments[3]?.programDateTime).toBe(EPOCH + 3000 - 4160)
  })

  it('is counted when it leaves the window', async () => {
    const { publication, stream } = holding([...configs(), ...span({ from: 0, to: 5000 })])
    pushAll(publication, [videoConfig('large'), ...span({ from: 5000, to: 15_000 })])
    const before = await playlistOf(stream)
    pushAll(publication, span({ from: 15_000, to: 60_000 }))
    const after = await playlistOf(stream)
    const sequence = '#EXT-X-DISCONTINUITY-SEQUENCE:'
    expect(Number(linesOf(after, sequence)[0])).toBe(Number(linesOf(before, sequence)[0]) + 1)
    expect(after).not.toContain('#EXT-X-DISCONTINUITY\n')
    expect(linesOf(after, '#EXT-X-MAP:URI=')).toEqual([`"init-${FIRST + 3}.mp4"`])
  })
})

describe('the master playlist', () => {
  it.each([
    ['pictures and sound', {}, 'CODECS="avc1.42c00c,mp4a.40.2",RESOLUTION=320x180'],
    ['pictures', { audio: false }, 'CODECS="avc1.42c00c",RESOLUTION=320x180'],
    ['sound', { video: false }, 'CODECS="mp4a.40.2"'],
  ])('tells what there is: %s', async (_name, has, told) => {
    const { stream } = holding([...configs(has), ...span({ from: 0, to: 9000, size: 10_000, ...has })])
    const [, version, variant, uri, end] = stream.master('?session=S').split('\n')
    expect([version, uri, end]).toEqual(['#EXT-X-VERSION:9', 'cam/live.m3u8?session=S', ''])
    expect(variant).toMatch(/^#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS=/)
    expect(variant).toContain(told)
    const [, peak = 0, average = 0] = /BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/.exec(variant ?? '') ?? []
    if (!('video' in has)) expect(Number(peak) / 2_000_000).toBeCloseTo(1, 1)
    expect(Number(average)).toBeLessThanOrEqual(Number(peak))
    const { levels } = M3U8Parser.parseMasterPlaylist(stream.master(''), 'http://host/LiveApp/streams/cam.m3u8')
    expect(levels).toMatchObject([{ url: 'http://host/LiveApp/streams/cam/live.m3u8', bitrate: Number(average) }])
  })
})
