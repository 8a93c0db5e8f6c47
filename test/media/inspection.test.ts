import { expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/media/hub.ts'
import { B_FRAMES, Inspections } from '../../src/media/inspection.ts'
import { parsePacket } from '../../src/media/packet.ts'
import type { MediaPacket, Publication } from '../../src/media/ports.ts'
import { avcFrame } from '../../src/media/rtp/tags.ts'
import { audioConfig, configs, sound, videoConfig } from '../support/synthetic-media.ts'

const IDR = Buffer.from([0x65, 0x88, 1, 1])
/** Slices of types 5 (P) and 6 (B); H.264, table 7-6. */
const P = Buffer.from([0x41, 0x9a, 2, 3])
const B = Buffer.from([0x01, 0x9e, 2, 3])

function aPublisher() {
  const time = { now: 1_000_000 }
  const warned: string[] = []
  const hub = createHub({ latency: 0, publisherGrace: () => 60 })
  onTestFinished(() => hub.close())
  const inspections = new Inspections({
    onWarning: ({ streamId }, warning) => warned.push(`${streamId}: ${warning}`),
    now: () => time.now,
  })
  hub.onStart(inspections.begin)
  const publish = (): Publication => {
    const publication = hub.claim('LiveApp', 'cam')
    publication?.start({ protocol: 'rtmp', address: '127.0.0.1' })
    if (!publication) throw new Error('the name is taken')
    return publication
  }
  return { publish, warned, time, facts: () => inspections.of(hub.find('LiveApp', 'cam')) }
}

function slice(unit: Buffer, dts: number): MediaPacket {
  const packet = parsePacket('video', dts, avcFrame([unit]))
  if (!packet) throw new Error('no packet')
  return packet
}

it('measures the picture and each track, and knows nothing of a stream that is not there', () => {
  const { facts, publish, time } = aPublisher()
  expect(facts()).toEqual({ width: 0, height: 0, videoBitrate: 0, audioBitrate: 0, warnings: [] })
  const publication = publish()
  for (const packet of configs()) publication.push(packet)
  publication.push(slice(Buffer.concat([IDR, Buffer.alloc(100_000)]), 0))
  publication.push(sound(0, { size: 10_000 }))
  expect(facts()).toMatchObject({ width: 320, height: 180, warnings: [] })
  time.now += 1000
  expect(facts().videoBitrate / 160_000).toBeCloseTo(1, 2)
  expect(facts().audioBitrate / 16_000).toBeCloseTo(1, 2)
})

it('warns of B-frames, once a publisher', () => {
  const { facts, publish, warned } = aPublisher()
  const first = publish()
  for (const packet of [videoConfig(), slice(IDR, 0), slice(P, 40)]) first.push(packet)
  expect([facts().warnings, warned]).toEqual([[], []])
  for (const packet of [slice(B, 80), slice(B, 120), videoConfig('large', 160)]) first.push(packet)
  expect([facts().warnings, warned]).toEqual([[B_FRAMES], [`cam: ${B_FRAMES}`]])
  expect(facts()).toMatchObject({ width: 640, height: 360 })
  first.lose()
  const second = publish()
  expect(facts().warnings).toEqual([])
  for (const packet of [audioConfig(), videoConfig(), slice(IDR, 0), slice(B, 40)]) second.push(packet)
  expect(warned).toHaveLength(2)
})
