import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub, type Hub } from '../../src/media/hub.ts'
import type { MediaPacket, Publication, ViewerFormat } from '../../src/media/ports.ts'
import { standingClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { FlvReader } from '../support/flv.ts'
import { LiveSource } from '../support/live-source.ts'
import { LoopbackViewer, socketPair } from '../support/viewers.ts'

const MIB = 1024 * 1024
const CONFIG = Buffer.from([0x17, 0, 0, 0, 0, 1])

function aHub({ latency = 0, grace = 0 } = {}): Hub {
  const hub = createHub({ latency, publisherGrace: () => grace })
  onTestFinished(() => hub.close())
  return hub
}

function claimed(hub: Hub): Publication {
  const publication = hub.claim('LiveApp', 'cam')
  if (!publication) throw new Error('cam is taken')
  return publication
}

function started(hub: Hub): Publication {
  const publication = claimed(hub)
  publication.start({ protocol: 'rtmp', address: '127.0.0.1' })
  return publication
}

function video(dts: number, { key = false, size = 20, config = false } = {}): MediaPacket {
  const payload = Buffer.alloc(size, dts)
  payload[0] = key ? 0x17 : 0x27
  payload[1] = 1
  return config
    ? { kind: 'video', dts, payload: CONFIG, config, key: false }
    : { kind: 'video', dts, payload, config, key }
}

function audio(dts: number): MediaPacket {
  return { kind: 'audio', dts, payload: Buffer.from([0xaf, 1, dts & 0xff]), config: false, key: false }
}

function flvOf(viewer: LoopbackViewer): FlvReader {
  const reader = new FlvReader()
  reader.push(viewer.received)
  return reader
}

/** Times of the pictures that a viewer has received. */
function timesOf(viewer: LoopbackViewer): number[] {
  return flvOf(viewer).tags.flatMap(({ kind, dts, payload }) => (kind === 'video' && payload[1] === 1 ? [dts] : []))
}

async function received(viewer: LoopbackViewer): Promise<void> {
  await eventually(() => viewer.received.length === viewer.seat.bytes || undefined)
}

it('hands the wish for a key frame to the publisher that is there, if it takes any', () => {
  const hub = aHub({ grace: 60 })
  const wishes: string[] = []
  const first = started(hub)
  const stream = hub.find('LiveApp', 'cam')
  stream?.requestKeyFrame?.()
  first.onKeyFrameWanted?.(() => wishes.push('first'))
  stream?.requestKeyFrame?.()
  first.lose()
  stream?.requestKeyFrame?.()
  started(hub).onKeyFrameWanted?.(() => wishes.push('second'))
  first.onKeyFrameWanted?.(() => wishes.push('late'))
  stream?.requestKeyFrame?.()
  expect(wishes).toEqual(['first', 'second'])
})

describe('a name', () => {
  it('is taken by one publisher at a time, from before it starts', () => {
    const hub = aHub()
    const first = claimed(hub)
    expect(hub.claim('LiveApp', 'cam')).toBeUndefined()
    expect(hub.claim('LiveApp', 'other')).toBeDefined()
    expect(hub.claim('Other', 'cam')).toBeDefined()
    first.release()
    expect(hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it('is not live before its publisher starts', () => {
    const hub = aHub()
    const publication = claimed(hub)
    expect(hub.find('LiveApp', 'cam')).toBeUndefined()
    expect(hub.list()).toEqual([])
    expect(() => publication.push(video(0))).toThrow()
  })

  it('is not taken away by a publisher that has left already', () => {
    const hub = aHub()
    const first = started(hub)
    first.end()
    const second = started(hub)
    first.end()
    first.lose()
    first.release()
    first.push(video(0, { key: true }))
    expect(hub.list()).toMatchObject([{ bytes: 0 }])
    second.end()
    expect(hub.list()).toEqual([])
  })

  it('is for nobody once the hub is closed', () => {
    const hub = aHub()
    const publication = started(hub)
    hub.close()
    publication.push(video(0, { key: true }))
    publication.end()
    expect(hub.claim('LiveApp', 'cam')).toBeUndefined()
    expect(hub.list()).toEqual([])
  })
})

describe('a viewer', () => {
  it('gets headers and the pictures since the last key frame in one write, then what follows', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    for (const dts of [0, 40, 80, 120]) publication.push(video(dts, { key: dts % 80 === 0 }))
    const viewer = await LoopbackViewer.of(hub)
    expect(viewer.near.bytesWritten).toBe(viewer.seat.bytes)
    publication.push(video(160, { key: true }))
    await received(viewer)
    const { tags } = flvOf(viewer)
    expect(tags[0]).toEqual({ kind: 'video', dts: 80, payload: CONFIG })
    expect(timesOf(viewer)).toEqual([80, 120, 160])
  })

  it('shares one join Buffer with those who join at the same time', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    source.frame('one')
    const stream = hub.find('LiveApp', 'cam')
    const viewers = await Promise.all([LoopbackViewer.of(hub), LoopbackViewer.of(hub)])
    const written = viewers.map(({ near }) => vi.spyOn(near, 'write'))
    for (const { near } of viewers) stream?.join({ format: 'flv', socket: near, onEnd: () => {} })
    const [first, second] = written.map((spy) => spy.mock.calls[0]?.[0])
    expect(first).toBeInstanceOf(Buffer)
    expect(second).toBe(first)
  })

  it('shares one Buffer for each batch with all of its format, and none is made for others', async () => {
    const hub = aHub()
    const publication = started(hub)
    const packet = video(0, { key: true })
    publication.push(packet)
    const formats: ViewerFormat[] = ['flv', 'flv', 'rtmp', 'rtmp']
    const viewers = await Promise.all(formats.map((format) => LoopbackViewer.of(hub, format)))
    const written = viewers.map(({ near }) => vi.spyOn(near, 'write'))
    const allocated = vi.spyOn(Buffer, 'allocUnsafe')
    publication.push(packet)
    expect(allocated).toHaveBeenCalledTimes(2)
    allocated.mockRestore()
    const [a, b, c, d] = written.map((spy) => spy.mock.calls[0]?.[0])
    expect(b).toBe(a)
    expect(d).toBe(c)
    expect(c).not.toBe(a)
  })

  it('costs nothing to build for while nobody watches', () => {
    const hub = aHub()
    const publication = started(hub)
    const packets = Array.from({ length: 100 }, (_, dts) => video(dts, { key: dts % 10 === 0 }))
    const allocated = vi.spyOn(Buffer, 'allocUnsafe')
    for (const packet of packets) publication.push(packet)
    expect(allocated).not.toHaveBeenCalled()
    allocated.mockRestore()
  })

  it('gets no packet twice and misses none, whenever it joins', async () => {
    const hub = aHub({ latency: 5 })
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    const viewers: LoopbackViewer[] = []
    for (let i = 0; i < 60; i++) {
      publication.push(video(i, { key: i % 7 === 0 }))
      if (i % 3 === 0) viewers.push(await LoopbackViewer.of(hub))
      await turn()
    }
    publication.push(video(60, { key: true }))
    publication.push(video(61, { key: true }))
    await eventually(() => viewers.every((viewer) => timesOf(viewer).at(-1) === 61) || undefined)
    for (const viewer of viewers) {
      const times = timesOf(viewer)
      const first = times[0] ?? Number.NaN
      expect(first % 7).toBe(0)
      expect(times).toEqual(Array.from({ length: 62 - first }, (_, i) => first + i))
    }
  })

  it('that is there before the first packet gets a header that tells the tracks', async () => {
    const hub = aHub({ latency: 5 })
    const publication = started(hub)
    const viewer = await LoopbackViewer.of(hub)
    expect(viewer.seat.bytes).toBe(0)
    publication.push({ kind: 'audio', dts: 0, payload: Buffer.from([0xaf, 0, 1]), config: true, key: false })
    publication.push(audio(10))
    await eventually(() => viewer.received.length > 20 || undefined)
    expect(viewer.received[4]).toBe(4)
    expect(flvOf(viewer).tags.map(({ dts }) => dts)).toEqual([0, 10])
  })

  it('of a stream without pictures is let in at once', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(audio(10))
    const viewer = await LoopbackViewer.of(hub)
    publication.push(audio(20))
    await received(viewer)
    expect(flvOf(viewer).tags.map(({ dts }) => dts)).toEqual([20])
  })

  it('waits for a key frame where the pictures since the last are too many to keep', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    for (let dts = 1; dts <= 8; dts++) publication.push(video(dts, { size: MIB }))
    const viewer = await LoopbackViewer.of(hub)
    publication.push(video(9))
    publication.push(video(10, { key: true }))
    publication.push(video(11))
    await received(viewer)
    expect(timesOf(viewer)).toEqual([10, 11])
  })

  it('is not shown old pictures with a new configuration', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    publication.push(video(0, { key: true }))
    publication.push({ ...video(1, { config: true }), payload: Buffer.from([0x17, 0, 0, 0, 0, 2]) })
    const viewer = await LoopbackViewer.of(hub)
    publication.push(video(2, { key: true }))
    await received(viewer)
    expect(timesOf(viewer)).toEqual([2])
  })

  it('keeps its place when the encoder repeats its configuration', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    publication.push(video(0, { key: true }))
    publication.push(video(1, { config: true }))
    const viewer = await LoopbackViewer.of(hub)
    await received(viewer)
    expect(timesOf(viewer)).toEqual([0])
  })

  it('gets the metadata at 0, where FFmpeg takes it for no subtitle', async () => {
    const hub = aHub()
    const publication = started(hub)
    const payload = Buffer.from('\x02\x00\x0aonMetaData\x05', 'latin1')
    publication.push({ kind: 'metadata', dts: 0, payload, config: true, key: false })
    publication.push(video(0, { config: true }))
    publication.push(video(5000, { key: true }))
    const viewer = await LoopbackViewer.of(hub)
    await received(viewer)
    expect(flvOf(viewer).tags.map(({ kind, dts }) => [kind, dts])).toEqual([
      ['metadata', 0],
      ['video', 5000],
      ['video', 5000],
    ])
  })

  it('that leaves gets nothing more', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    const before = viewer.seat.bytes
    viewer.seat.leave()
    viewer.seat.leave()
    source.frame('one')
    source.publication.end()
    expect(viewer.seat.bytes).toBe(before)
    expect(viewer.ends).toEqual([])
  })

  it('is told once when the stream ends, also if it came too late', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    const stream = hub.find('LiveApp', 'cam')
    const viewer = await LoopbackViewer.of(hub)
    source.publication.end()
    expect(viewer.ends).toEqual(['stream-ended'])
    const late: string[] = []
    stream?.join({ format: 'flv', socket: viewer.near, onEnd: (reason) => late.push(reason) })
    await turn()
    expect(late).toEqual(['stream-ended'])
  })

  it('gets a WebSocket frame for each write', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub, 'ws-flv')
    source.frame('one')
    await received(viewer)
    const reader = new FlvReader()
    for (let at = 0; at < viewer.received.length; ) {
      expect(viewer.received[at]).toBe(0x82)
      const short = viewer.received.readUInt8(at + 1)
      const [head, size] = short < 126 ? [2, short] : [4, viewer.received.readUInt16BE(at + 2)]
      reader.push(viewer.received.subarray(at + head, at + head + size))
      at += head + size
    }
    expect(reader.frames).toEqual(['first', 'one'])
  })
})

describe('a slow viewer', () => {
  it('is skipped until the next key frame, and others are not disturbed', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    const slow = await LoopbackViewer.of(hub, 'flv', { reads: false })
    const quick = await LoopbackViewer.of(hub)
    standingClock()
    let dts = 0
    while (slow.near.writableLength <= 2 * MIB) {
      publication.push(video(++dts, { size: 256 * 1024 }))
      await eventually(() => quick.near.writableLength === 0 || undefined)
    }
    const seen = dts
    const held = slow.seat.bytes
    publication.push(video(++dts))
    publication.push(video(++dts, { key: true }))
    expect(slow.seat.bytes).toBe(held)
    slow.read()
    await eventually(() => slow.near.writableLength === 0 || undefined)
    publication.push(video(++dts))
    publication.push(video(++dts, { key: true }))
    publication.push(video(++dts))
    await Promise.all([received(slow), received(quick)])
    expect(timesOf(slow)).toEqual([...Array.from({ length: seen + 1 }, (_, i) => i), dts - 1, dts])
    expect(timesOf(quick)).toEqual(Array.from({ length: dts + 1 }, (_, i) => i))
    expect(slow.ends).toEqual([])
  })

  it('gets the configuration that it missed before it goes on', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    publication.push(video(0, { key: true }))
    const slow = await LoopbackViewer.of(hub, 'flv', { reads: false })
    while (slow.near.writableLength <= 2 * MIB) publication.push(video(1, { size: 256 * 1024 }))
    const changed = Buffer.from([0x17, 0, 0, 0, 0, 2])
    publication.push({ ...video(2, { config: true }), payload: changed })
    slow.read()
    await eventually(() => slow.near.writableLength === 0 || undefined)
    publication.push(video(3, { key: true }))
    await received(slow)
    const last = flvOf(slow).tags.slice(-2)
    expect(last.map(({ dts }) => dts)).toEqual([3, 3])
    expect(last[0]?.payload).toEqual(changed)
  })

  it('is let go when more than 8 MiB wait for it', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    const slow = await LoopbackViewer.of(hub, 'flv', { reads: false })
    publication.push(video(1, { key: true, size: 15 * MIB }))
    publication.push(video(2))
    expect(slow.ends).toEqual(['slow'])
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
  })

  it('is let go when it is 15 s behind', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    const slow = await LoopbackViewer.of(hub, 'flv', { reads: false })
    const quick = await LoopbackViewer.of(hub)
    const clock = standingClock()
    const now = performance.now()
    while (slow.near.writableLength <= 2 * MIB) publication.push(video(1, { size: 256 * 1024 }))
    await eventually(() => quick.near.writableLength === 0 || undefined)
    publication.push(video(1))
    clock.mockReturnValue(now + 14_000)
    publication.push(video(2))
    await eventually(() => quick.near.writableLength === 0 || undefined)
    expect(slow.ends).toEqual([])
    clock.mockReturnValue(now + 16_000)
    publication.push(video(3))
    expect(slow.ends).toEqual(['slow'])
    expect(quick.ends).toEqual([])
  })

  it('is not one whose answer has not left the socket by its first packet', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    standingClock().mockReturnValue(performance.now() + 60_000)
    const { near } = await socketPair()
    // TLS holds what is written for a moment.
    near.cork()
    near.write('HTTP/1.1 200 OK')
    const ends: string[] = []
    hub.find('LiveApp', 'cam')?.join({ format: 'flv', socket: near, onEnd: (reason) => ends.push(reason) })
    publication.push(video(1))
    expect(ends).toEqual([])
  })

  it('of a stream without pictures goes on with any packet', async () => {
    const hub = aHub()
    const publication = started(hub)
    publication.push(audio(0))
    const slow = await LoopbackViewer.of(hub, 'flv', { reads: false })
    const big = { ...audio(1), payload: Buffer.alloc(256 * 1024, 0xaf) }
    while (slow.near.writableLength <= 2 * MIB) publication.push(big)
    publication.push(audio(2))
    slow.read()
    await eventually(() => slow.near.writableLength === 0 || undefined)
    publication.push(audio(3))
    await received(slow)
    expect(flvOf(slow).tags.at(-1)?.dts).toBe(3)
  })

  it('does not fail a stream by having gone', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    viewer.near.destroy()
    source.frame('one')
    expect(hub.list()).toMatchObject([{ state: 'live' }])
  })
})

describe('batches', () => {
  it('gather what comes within the latency into one write', async () => {
    const hub = aHub({ latency: 20 })
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    const viewer = await LoopbackViewer.of(hub)
    await eventually(() => timesOf(viewer).length === 1 || undefined)
    const writes = vi.spyOn(viewer.near, 'write')
    standingClock().mockReturnValue(performance.now() + 1000)
    for (let dts = 1; dts <= 10; dts++) publication.push(video(dts))
    await eventually(() => timesOf(viewer).length === 11 || undefined)
    // After the silence the first goes out alone.
    expect(writes.mock.calls).toHaveLength(2)
  })

  it('begin with a key frame wherever there is one', async () => {
    const hub = aHub({ latency: 60_000 })
    const publication = started(hub)
    publication.push(video(0, { key: true }))
    const viewer = await LoopbackViewer.of(hub)
    for (const dts of [1, 2]) publication.push(video(dts))
    publication.push(video(3, { key: true }))
    await received(viewer)
    expect(timesOf(viewer)).toEqual([0, 1, 2])
  })
})

describe('a lost publisher', () => {
  it('ends the stream at once where there is no grace', async () => {
    const hub = aHub()
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    source.publication.lose()
    expect(viewer.ends).toEqual(['stream-ended'])
    expect(hub.find('LiveApp', 'cam')).toBeUndefined()
  })

  it('leaves its viewers waiting, and the name free', async () => {
    const hub = aHub({ grace: 60 })
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    source.publication.lose()
    expect(hub.list()).toMatchObject([{ state: 'waiting', viewers: 1 }])
    expect(viewer.ends).toEqual([])
    const next = hub.claim('LiveApp', 'cam')
    expect(next).toBeDefined()
    next?.release()
    expect(hub.list()).toMatchObject([{ state: 'waiting', viewers: 1 }])
  })

  it('ends its viewers when the grace is over', async () => {
    const hub = aHub({ grace: 0.05 })
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    source.publication.lose()
    await eventually(() => viewer.ends[0])
    expect(viewer.ends).toEqual(['stream-ended'])
    expect(hub.list()).toEqual([])
  })

  it('may be waited for longer than a timer can be set', async () => {
    const hub = aHub({ grace: 90 * 86_400 })
    const source = new LiveSource(hub)
    const viewer = await LoopbackViewer.of(hub)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    source.publication.lose()
    vi.advanceTimersByTime(60_000)
    expect(viewer.ends).toEqual([])
  })

  it('is followed by another in the same stream, with its own headers and times that go on', async () => {
    const hub = aHub({ grace: 60 })
    const first = started(hub)
    first.push(video(0, { config: true }))
    first.push(video(5000, { key: true }))
    const viewer = await LoopbackViewer.of(hub)
    first.lose()
    const waiting = await LoopbackViewer.of(hub)
    const second = started(hub)
    const between = await LoopbackViewer.of(hub)
    second.push({ ...video(0, { config: true }), payload: Buffer.from([0x17, 0, 0, 0, 0, 9]) })
    second.push(video(7))
    second.push(video(10, { key: true }))
    second.push(video(50))
    for (const each of [viewer, waiting, between]) {
      await received(each)
      const times = timesOf(each).filter((dts) => dts > 5000)
      expect(times).toHaveLength(2)
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(40)
      const headers = flvOf(each).tags.filter(({ payload }) => payload[1] === 0)
      expect(headers.at(-1)?.payload[5]).toBe(9)
      expect(headers.at(-1)?.dts).toBeGreaterThan(5000)
    }
    expect(hub.list()).toMatchObject([{ state: 'live', viewers: 3 }])
  })

  it('is not waited for once it has ended cleanly', () => {
    const hub = aHub({ grace: 60 })
    started(hub).end()
    expect(hub.list()).toEqual([])
  })

  it('may be one of a thousand that are waited for; then the one lost first gives way', () => {
    const hub = aHub({ grace: 60 })
    for (let i = 0; i < 1001; i++) {
      const publication = hub.claim('LiveApp', `cam${i}`)
      publication?.start({ protocol: 'rtmp', address: '127.0.0.1' })
      publication?.lose()
    }
    expect(hub.list()).toHaveLength(1000)
    expect(hub.find('LiveApp', 'cam0')).toBeUndefined()
    expect(hub.find('LiveApp', 'cam1000')).toBeDefined()
  })
})

describe('a sink', () => {
  function aSink() {
    const seen: MediaPacket[] = []
    let ends = 0
    let restarts = 0
    return {
      seen,
      ends: () => ends,
      restarts: () => restarts,
      push: (packet: MediaPacket) => void seen.push(packet),
      restart: () => {
        restarts++
      },
      end: () => {
        ends++
      },
    }
  }

  it('gets headers, the pictures since the last key frame, and every packet after them, once', () => {
    const hub = aHub({ latency: 60_000 })
    const publication = started(hub)
    publication.push(video(0, { config: true }))
    publication.push(video(0, { key: true }))
    publication.push(video(40, { key: true }))
    publication.push(video(80))
    const sink = aSink()
    hub.find('LiveApp', 'cam')?.attach(sink)
    publication.push(video(120))
    publication.push(video(160, { key: true }))
    const [header, ...media] = sink.seen
    expect(header?.payload).toBe(CONFIG)
    expect(media.map(({ dts }) => dts)).toEqual([40, 80, 120, 160])
    publication.end()
    expect(sink.ends()).toBe(1)
  })

  it('gets nothing more once it is taken off', () => {
    const hub = aHub()
    const publication = started(hub)
    const sink = aSink()
    const detach = hub.find('LiveApp', 'cam')?.attach(sink)
    detach?.()
    publication.push(video(0, { key: true }))
    publication.end()
    expect(sink.seen).toEqual([])
    expect(sink.ends()).toBe(0)
  })

  it('that comes too late is told that the stream is over', async () => {
    const hub = aHub()
    const publication = started(hub)
    const stream = hub.find('LiveApp', 'cam')
    publication.end()
    const sink = aSink()
    stream?.attach(sink)
    await turn()
    expect(sink.ends()).toBe(1)
  })

  it('goes on with the next publisher of the same stream', () => {
    const hub = aHub({ grace: 60 })
    const first = started(hub)
    first.push(video(5000, { key: true }))
    const sink = aSink()
    hub.find('LiveApp', 'cam')?.attach(sink)
    first.lose()
    const second = started(hub)
    second.push(video(0, { config: true }))
    second.push(video(0, { key: true }))
    expect(sink.seen.map(({ config }) => config)).toEqual([false, true, false])
    expect(sink.seen.at(-1)?.dts).toBeGreaterThan(5000)
    expect(sink.restarts()).toBe(1)
    expect(sink.ends()).toBe(0)
  })
})

it('lists what is live', async () => {
  const hub = aHub()
  const publication = started(hub)
  const now = performance.now()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now)
  onTestFinished(() => clock.mockRestore())
  publication.push({ kind: 'audio', dts: 0, payload: Buffer.from([0xaf, 0, 1]), config: true, key: false })
  publication.push(video(0, { key: true, size: 997 }))
  clock.mockReturnValue(now + 1000)
  await LoopbackViewer.of(hub)
  expect(hub.list()).toEqual([
    {
      app: 'LiveApp',
      streamId: 'cam',
      state: 'live',
      protocol: 'rtmp',
      address: '127.0.0.1',
      since: expect.any(Number),
      videoCodec: 'H264',
      audioCodec: 'AAC',
      bytes: 1000,
      bitrate: 1600,
      viewers: 1,
    },
  ])
})
