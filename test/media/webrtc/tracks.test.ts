import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import {
  aMediaHouse,
  CodedPublisher,
  CodedViewer,
  codedPictures,
  decoded,
  headersOf,
  picturesOf,
} from '../../support/rtc-media.ts'

const SOME = 30

describe('the address of `--webrtc-host`', () => {
  it('is among the candidates of offers and answers, with our port', async () => {
    const { engine } = await aMediaHouse({ host: '192.0.2.7' })
    const told: string[] = []
    const viewer = await engine.offerViewer({
      onCandidate: ({ candidate }) => told.push(candidate),
      onConnected() {},
      onGone() {},
    })
    const own = ` 192.0.2.7 ${engine.port} typ host`
    expect(await viewer.gathered()).toContain(own)
    const answer = await engine.answerViewer(await new CodedViewer().offer(), {
      onCandidate: ({ candidate }) => told.push(candidate),
      onConnected() {},
      onGone() {},
    })
    expect(await answer?.gathered()).toContain(own)
    await eventually(() => told.some((candidate) => candidate.endsWith(own)) || undefined)
  })

  it('is enough to reach us by', async () => {
    const { engine, play, publish, received } = await aMediaHouse({ host: '127.0.0.2', bindAddress: '0.0.0.0' })
    const way = { use: (candidate: string) => candidate.includes(` 127.0.0.2 ${engine.port} `) }
    await publish(new CodedPublisher(await codedPictures('160x90')), way)
    await eventually(() => picturesOf(received).length > 0 || undefined)
    const viewer = new CodedViewer()
    await play(viewer, way)
    await eventually(() => picturesOf(viewer.received).length >= SOME || undefined)
  })
})

describe('a publisher of one track', () => {
  it('is heard without pictures', async () => {
    const { play, publish, received, hub } = await aMediaHouse()
    await publish(new CodedPublisher([], { kinds: ['audio'] }))
    await eventually(() => received.length > 0 || undefined)
    expect(hub.list()).toMatchObject([{ videoCodec: null, audioCodec: 'Opus' }])
    const viewers = [new CodedViewer(), new CodedViewer({ kinds: ['audio'] })]
    for (const viewer of viewers) await play(viewer)
    await eventually(() => viewers.every((viewer) => viewer.received.length >= SOME) || undefined)
    expect(viewers.flatMap((viewer) => viewer.received).every(({ kind }) => kind === 'audio')).toBe(true)
  })

  it('is seen without sound', async () => {
    const { play, publish, received, hub } = await aMediaHouse()
    await publish(new CodedPublisher(await codedPictures('160x90'), { kinds: ['video'] }))
    await eventually(() => picturesOf(received).length > 0 || undefined)
    expect(hub.list()).toMatchObject([{ videoCodec: 'H264', audioCodec: null }])
    const viewers = [new CodedViewer(), new CodedViewer({ kinds: ['video'] })]
    for (const viewer of viewers) await play(viewer)
    await eventually(() => viewers.every((viewer) => picturesOf(viewer.received).length >= SOME) || undefined)
    for (const viewer of viewers) {
      expect(await decoded(viewer.received)).toMatchObject({ complaints: '', sizes: ['160x90'] })
    }
  })
})

it('lets a viewer of one kind watch a stream of both', async () => {
  const { play, publish, received } = await aMediaHouse()
  await publish(new CodedPublisher(await codedPictures('160x90')))
  await eventually(() => picturesOf(received).length > 0 || undefined)
  const [listener, watcher] = [new CodedViewer({ kinds: ['audio'] }), new CodedViewer({ kinds: ['video'] })]
  for (const viewer of [listener, watcher]) await play(viewer)
  await eventually(() => [listener, watcher].every((viewer) => viewer.received.length >= SOME) || undefined)
  expect(new Set(listener.received.map(({ kind }) => kind))).toEqual(new Set(['audio']))
  expect(new Set(watcher.received.map(({ kind }) => kind))).toEqual(new Set(['video']))
})

it('goes on with another size of picture in the middle of a stream', async () => {
  const { play, publish, received } = await aMediaHouse()
  const publisher = new CodedPublisher(await codedPictures('160x90'))
  const larger = await codedPictures('320x180')
  await publish(publisher)
  await eventually(() => picturesOf(received).length > 0 || undefined)
  const viewer = new CodedViewer()
  await play(viewer)
  await eventually(() => picturesOf(viewer.received).length >= SOME || undefined)
  publisher.turnTo(larger)
  const changed = () => headersOf(viewer.received).length === 2 && picturesOf(viewer.received).length >= 3 * SOME
  await eventually(() => changed() || undefined)
  expect(headersOf(received)).toHaveLength(2)
  for (const packets of [received, viewer.received]) {
    expect(await decoded(packets)).toMatchObject({ complaints: '', sizes: ['160x90', '320x180'] })
  }
  const late = new CodedViewer()
  await play(late)
  await eventually(() => picturesOf(late.received).length >= SOME || undefined)
  expect(await decoded(late.received)).toMatchObject({ complaints: '', sizes: ['320x180'] })
})
