import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { Interleave } from '../../../src/media/transcode/interleave.ts'
import { audioConfig, picture, sound, videoConfig } from '../../support/synthetic-media.ts'

function anOrder() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const seen: string[] = []
  const note = ({ kind, dts, config }: MediaPacket) => void seen.push(`${kind}${config ? ' header' : ''} ${dts}`)
  const order = new Interleave(note, () => Date.now())
  return { order, seen }
}

describe('pictures that wait for their sound', () => {
  it('go on in the order of times, all headers first', () => {
    const { order, seen } = anOrder()
    for (const packet of [videoConfig(), picture(0, { key: true }), picture(40), picture(80)]) order.push(packet)
    expect(seen).toEqual([])
    for (const packet of [audioConfig(), sound(0), sound(40), sound(60)]) order.pushSound(packet)
    order.push(picture(60))
    expect(seen).toEqual([
      ...['video header 0', 'audio header 0', 'video 0', 'audio 0', 'video 40', 'audio 40', 'audio 60'],
    ])
    order.pushSound(sound(80))
    expect(seen.slice(-3)).toEqual(['video 80', 'video 60', 'audio 80'])
  })

  it('are not held without bound by sound that does not come', () => {
    const { order, seen } = anOrder()
    for (let at = 0; at < 5000; at++) order.push(picture(at))
    expect(seen.length).toBeGreaterThan(2500)
    expect(seen[0]).toBe('video 0')
    order.flush()
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, at) => `video ${at}`))
    for (let at = 0; at < 20; at++) order.push({ ...picture(at), payload: Buffer.alloc(2 * 1024 * 1024) })
    expect(seen.length - 5000).toBeGreaterThan(10)
  })

  it('wait a second, three for the first sound, and not for sound that stopped', () => {
    const { order, seen } = anOrder()
    order.push(picture(0))
    vi.advanceTimersByTime(2999)
    expect(seen).toEqual([])
    vi.advanceTimersByTime(1)
    expect(seen).toEqual(['video 0'])
    order.expectSound()
    order.pushSound(sound(0))
    order.push(picture(40))
    vi.advanceTimersByTime(400)
    order.expectSound()
    vi.advanceTimersByTime(400)
    expect(seen).toEqual(['video 0', 'audio 0'])
    vi.advanceTimersByTime(200)
    expect(seen.at(-1)).toBe('video 40')
    order.push(picture(80))
    expect(seen.at(-1)).toBe('video 80')
  })

  it('wait no more where no sound will come, until some does', () => {
    const { order, seen } = anOrder()
    order.push(picture(0))
    order.giveUpSound()
    expect(seen).toEqual(['video 0'])
    order.expectSound()
    order.push(picture(40))
    expect(seen.at(-1)).toBe('video 40')
    order.pushSound(sound(60))
    order.push(picture(80))
    expect(seen.at(-1)).toBe('audio 60')
    order.pushSound(sound(80))
    expect(seen.slice(-2)).toEqual(['video 80', 'audio 80'])
  })
})
