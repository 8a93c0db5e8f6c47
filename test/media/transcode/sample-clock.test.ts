import { describe, expect, it } from 'vitest'
import { SampleClock } from '../../../src/media/transcode/sample-clock.ts'

const PACKET = 960

describe('the times of samples', () => {
  it('are those of the packets that they came in, however the codec cuts them', () => {
    const clock = new SampleClock()
    for (let at = 5000; at < 5200; at += 20) clock.push(at, PACKET)
    expect(clock.timeOf(-312)).toBe(4994)
    expect(clock.timeOf(0)).toBe(5000)
    expect(clock.timeOf(1024)).toBe(5021)
    expect(clock.timeOf(4800)).toBe(5100)
  })

  it('smooth what was rounded, and follow a clock that goes wrong', () => {
    const clock = new SampleClock()
    for (let index = 0; index < 5000; index++) clock.push(Math.round(index * 20.02) + (index % 3) - 1, PACKET)
    for (let index = 0; index < 5000; index++) {
      expect(Math.abs((clock.timeOf(index * PACKET) ?? 0) - index * 20.02)).toBeLessThan(5)
    }
  })

  it('begin anew behind a gap, and where the stream goes back', () => {
    const clock = new SampleClock()
    for (const at of [0, 20, 5000, 5020, 100, 120]) clock.push(at, PACKET)
    expect([0, 1, 2, 3, 4, 5].map((index) => clock.timeOf(index * PACKET))).toEqual([0, 20, 5000, 5020, 100, 120])
  })

  it('go on where those of the stream wrap', () => {
    const clock = new SampleClock()
    for (const at of [2 ** 32 - 20, 0, 20]) clock.push(at, PACKET)
    expect([0, 1, 2].map((index) => clock.timeOf(index * PACKET))).toEqual([2 ** 32 - 20, 0, 20])
  })

  it('are not known before anything came, nor before the stream began', () => {
    const clock = new SampleClock()
    expect(clock.timeOf(0)).toBeUndefined()
    clock.push(0, PACKET)
    expect(clock.timeOf(-1024)).toBeUndefined()
  })
})
