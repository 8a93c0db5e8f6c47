import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PlaylistRequest } from '../../../src/media/hls/ports.ts'
import type { Publication } from '../../../src/media/ports.ts'
import { fileOf, HlsHouse, linesOf, playlistOf, pushAll } from '../../support/hls-house.ts'
import { configs, span } from '../../support/synthetic-media.ts'

const EPOCH = Date.parse('2026-01-01T00:00:00Z')
/** Media sequence number of the first segment. */
const FIRST = EPOCH / 1000

beforeEach(() => {
  vi.useFakeTimers({ now: EPOCH })
  onTestFinished(() => void vi.useRealTimers())
})

/** Follows a promise: what it has come to by now. */
async function soFar<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  const waiting = Symbol('waiting')
  const outcome = await Promise.race([promise, vi.advanceTimersByTimeAsync(0).then(() => waiting)])
  return outcome === waiting ? 'waiting' : (outcome as T)
}

function pass(seconds: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(seconds * 1000)
}

/** Live, and nobody watches. */
function aLiveStream(house = new HlsHouse(), streamId = 'cam') {
  const publication = house.publish(streamId)
  pushAll(publication, [...configs(), ...span({ from: 0, to: 1000 })])
  return { house, publication, stream: house.stream(streamId) }
}

/** Two segments, and two parts of the third. */
function aWatchedStream() {
  const house = new HlsHouse()
  const { publication, stream } = house.watched()
  pushAll(publication, [...configs(), ...span({ from: 0, to: 5200 })])
  return { house, publication, stream }
}

/** Publishes the rest of the third segment and what is asked for of the fourth. */
function goOn(publication: Publication, to: number): void {
  pushAll(
    publication,
    span({ from: 5200, to: 6000, gop: 1000 }).map((packet) => ({ ...packet, key: false })),
  )
  if (to > 6000) pushAll(publication, span({ from: 6000, to }))
}

describe('a stream that nobody watches', () => {
  it('is not muxed until somebody asks', () => {
    const { house, stream } = aLiveStream()
    const live = house.hub.find('LiveApp', 'cam')
    const attach = vi.spyOn(live ?? { attach: () => () => {} }, 'attach')
    house.stream()
    expect(attach).not.toHaveBeenCalled()
    void stream.ready(8000)
    void stream.ready(8000)
    expect(attach).toHaveBeenCalledTimes(1)
  })

  it('is not muxed any longer after 30 s, and has kept nothing', async () => {
    const { publication, stream } = aWatchedStream()
    await pass(29)
    expect(await playlistOf(stream)).toContain(`seg-${FIRST}.m4s`)
    await pass(32)
    pushAll(publication, span({ from: 6000, to: 12_000 }))
    expect(stream.master('')).not.toContain('CODECS')
  })

  it('is muxed as long as somebody waits', async () => {
    const { stream } = aWatchedStream()
    await pass(29)
    const waiting = playlistOf(stream, { msn: FIRST + 2 })
    await pass(5)
    expect(await soFar(waiting)).toBe('waiting')
    await pass(5)
    expect(await waiting).toContain(`seg-${FIRST}.m4s`)
  })

  it('goes on with higher numbers when somebody comes back', async () => {
    const { publication, stream } = aWatchedStream()
    await pass(40)
    pushAll(publication, span({ from: 6000, to: 8000 }))
    const back = playlistOf(stream, { msn: FIRST + 2, part: 3 })
    pushAll(publication, span({ from: 8000, to: 10_200 }))
    expect(linesOf(await back, '#EXT-X-MEDIA-SEQUENCE:')).toEqual([String(FIRST + 40)])
    expect(await fileOf(stream, `seg-${FIRST + 40}.m4s`)).toBeInstanceOf(Buffer)
  })

  it.each([
    ['from the beginning', () => true],
    ['when the setting is changed', () => Date.now() > EPOCH + 5000],
  ])('is muxed all the same where the setting says so, %s', async (_name, always) => {
    const { house, publication } = aLiveStream(new HlsHouse({ always }))
    for (let at = 1000; at < 60_000; at += 1000) {
      await pass(1)
      pushAll(publication, span({ from: at, to: at + 1000, gop: 25 }))
    }
    expect(await soFar(house.stream().ready(8000))).toBe(true)
    expect(linesOf(await playlistOf(house.stream()), '#EXTINF:')).toHaveLength(8)
  })
})

describe('the first playlist', () => {
  it('is ready with three segments', async () => {
    const { publication, stream } = aLiveStream()
    const ready = stream.ready(8000)
    pushAll(publication, span({ from: 1000, to: 6000, gop: 25 }))
    expect(await soFar(ready)).toBe('waiting')
    pushAll(publication, span({ from: 6000, to: 6200 }))
    expect(await soFar(ready)).toBe(true)
  })

  it('is ready with one where more do not come in time', async () => {
    const { publication, stream } = aLiveStream()
    const ready = stream.ready(8000)
    pushAll(publication, span({ from: 1000, to: 2200, gop: 25 }))
    await pass(5.9)
    expect(await soFar(ready)).toBe('waiting')
    await pass(0.2)
    expect(await soFar(ready)).toBe(true)
  })

  it('is ready with one that comes late', async () => {
    const { publication, stream } = aLiveStream()
    const ready = stream.ready(8000)
    await pass(7.9)
    pushAll(publication, span({ from: 1000, to: 2200, gop: 25 }))
    expect(await soFar(ready)).toBe(true)
  })

  it('is not ready without any', async () => {
    const { stream } = aLiveStream()
    const ready = stream.ready(8000)
    await pass(7.9)
    expect(await soFar(ready)).toBe('waiting')
    await pass(0.2)
    expect(await soFar(ready)).toBe(false)
  })

  it('is there for everybody who asks while it is being made', async () => {
    const { publication, stream } = aLiveStream()
    const many = Promise.all(Array.from({ length: 50 }, () => stream.ready(8000)))
    pushAll(publication, span({ from: 1000, to: 7000, gop: 25 }))
    expect(await many).toEqual(Array(50).fill(true))
  })
})

describe('a request that waits', () => {
  /** The window ends with segment 1 and two parts of segment 2; then segment 2 becomes whole, with four parts. */
  it.each<[string, Partial<PlaylistRequest>, boolean, boolean]>([
    ['for nothing', {}, true, true],
    ['for a segment that is there', { msn: FIRST + 1 }, true, true],
    ['for one that was there', { msn: FIRST - 100 }, true, true],
    ['for the segment that grows', { msn: FIRST + 2 }, false, true],
    ['for a part that is there', { msn: FIRST + 2, part: 1 }, true, true],
    ['for the next part', { msn: FIRST + 2, part: 2 }, false, true],
    ['for the last part of the segment that grows', { msn: FIRST + 2, part: 3 }, false, true],
    ['for a part that its segment will not have', { msn: FIRST + 2, part: 4 }, false, false],
    ['for a part of a whole segment', { msn: FIRST + 1, part: 3 }, true, true],
    ['for a part that a whole segment does not have, so for the next', { msn: FIRST + 1, part: 4 }, true, true],
    ['for the next segment', { msn: FIRST + 3 }, false, false],
    ['for a part of it', { msn: FIRST + 3, part: 0 }, false, false],
  ])('%s', async (_name, request, atOnce, withTheSegment) => {
    const { publication, stream } = aWatchedStream()
    const waiting = playlistOf(stream, request)
    expect((await soFar(waiting)) !== 'waiting').toBe(atOnce)
    goOn(publication, 6120)
    expect((await soFar(waiting)) !== 'waiting').toBe(withTheSegment)
    goOn(publication, 8120)
    expect(await soFar(waiting)).toContain('#EXTM3U')
  })

  it.each<[string, Partial<PlaylistRequest>, boolean]>([
    ['a part without a segment', { part: 1 }, false],
    ['the second segment after the last', { msn: FIRST + 3 }, true],
    ['the third', { msn: FIRST + 4 }, false],
    ['a segment of another world', { msn: 999_999_999_999_999 }, false],
    ['a part within the limit', { msn: FIRST + 2, part: 7 }, true],
    ['a part beyond it', { msn: FIRST + 2, part: 8 }, false],
  ])('for %s is in order: %s, %s', async (_name, request, inOrder) => {
    const { stream } = aWatchedStream()
    expect((await soFar(playlistOf(stream, request))) === 'bad-request').toBe(!inOrder)
  })

  it('is answered with what there is after three target durations', async () => {
    const { stream } = aWatchedStream()
    const waiting = playlistOf(stream, { msn: FIRST + 2 })
    await pass(5.9)
    expect(await soFar(waiting)).toBe('waiting')
    await pass(0.2)
    expect(await soFar(waiting)).toContain(`part-${FIRST + 2}-1.m4s`)
  })

  it('is answered at once when its client is gone', async () => {
    const { stream } = aWatchedStream()
    const client = new AbortController()
    const playlist = stream.playlist({ msn: FIRST + 2, skip: false, query: '' }, client.signal)
    const part = stream.file(`part-${FIRST + 2}-2.m4s`, client.signal)
    expect(await soFar(playlist)).toBe('waiting')
    client.abort()
    expect(await soFar(playlist)).toContain('#EXTM3U')
    expect(await soFar(part)).toBeUndefined()
    expect(await soFar(stream.playlist({ msn: FIRST + 2, skip: false, query: '' }, client.signal))).toContain('#EXTM3U')
  })

  it('is answered when the stream ends', async () => {
    const { publication, stream } = aWatchedStream()
    const waiting = playlistOf(stream, { msn: FIRST + 3 })
    expect(await soFar(waiting)).toBe('waiting')
    publication.end()
    expect(await soFar(waiting)).toContain('#EXT-X-ENDLIST')
  })

  it('is answered when the daemon stops', async () => {
    const { house, stream } = aWatchedStream()
    const playlist = playlistOf(stream, { msn: FIRST + 2 })
    const part = stream.file(`part-${FIRST + 2}-2.m4s`, new AbortController().signal)
    const ready = aLiveStream(house, 'other').stream.ready(8000)
    expect(await soFar(Promise.race([playlist, part, ready]))).toBe('waiting')
    house.hls.close()
    for (const waiting of [playlist, part, ready]) expect(await soFar<unknown>(waiting)).not.toBe('waiting')
    expect(house.hls.find('LiveApp', 'cam')).toBeUndefined()
  })

  it('for the part that is hinted at gets it as soon as it is there', async () => {
    const { publication, stream } = aWatchedStream()
    const hinted = fileOf(stream, `part-${FIRST + 2}-2.m4s`)
    expect(await soFar(hinted)).toBe('waiting')
    goOn(publication, 6000)
    expect((await hinted).toString('latin1', 4, 8)).toBe('moof')
  })
})

describe('a stream that has ended', () => {
  it('can be fetched for a minute, with its last moments', async () => {
    const { house, publication, stream } = aWatchedStream()
    publication.end()
    expect(house.hub.find('LiveApp', 'cam')).toBeUndefined()
    await pass(55)
    expect(house.stream()).toBe(stream)
    const playlist = await playlistOf(stream)
    const durations = linesOf(playlist, '#EXTINF:').map(Number.parseFloat)
    expect(durations.reduce((sum, duration) => sum + duration, 0)).toBeCloseTo(5.2, 1)
    expect(playlist).toMatch(/#EXT-X-ENDLIST\n$/)
    expect(playlist).not.toContain('PRELOAD-HINT')
    expect(await fileOf(stream, `seg-${FIRST + 2}.m4s`)).toBeInstanceOf(Buffer)
    await pass(7)
    expect(house.hls.find('LiveApp', 'cam')).toBeUndefined()
  })

  it('ends only when its publisher has been waited for', async () => {
    const house = new HlsHouse({ grace: 15 })
    const { publication, stream } = house.watched()
    pushAll(publication, [...configs(), ...span({ from: 0, to: 5200 })])
    publication.lose()
    await pass(14)
    expect(await playlistOf(stream)).not.toContain('ENDLIST')
    await pass(2)
    expect(await playlistOf(stream)).toContain('#EXT-X-ENDLIST')
  })

  it('makes room for the next of its name', async () => {
    const { house, publication, stream } = aWatchedStream()
    publication.end()
    const next = aLiveStream(house)
    expect(next.stream).not.toBe(stream)
    void next.stream.ready(0)
    await pass(1)
    pushAll(next.publication, span({ from: 1000, to: 5000, gop: 25 }))
    expect(await playlistOf(house.stream())).not.toContain('ENDLIST')
    await pass(65)
    expect(house.stream()).toBe(next.stream)
  })

  it('is unknown where nobody has watched it', () => {
    const { house, publication } = aLiveStream()
    publication.end()
    expect(house.hls.find('LiveApp', 'cam')).toBeUndefined()
  })
})
