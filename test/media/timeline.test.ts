import { expect, it } from 'vitest'
import type { MediaPacket } from '../../src/media/ports.ts'
import { Timeline } from '../../src/media/timeline.ts'

function at(dts: number, config = false): MediaPacket {
  return { kind: 'video', dts, payload: Buffer.from([1]), config, key: false }
}

it('passes the times of the first publisher through', () => {
  const timeline = new Timeline()
  expect([5000, 5040, 5020].map((dts) => timeline.place(at(dts), 0))).toEqual([5000, 5040, 5020])
})

it('goes on after a restart where the first publisher would be by now', () => {
  const timeline = new Timeline()
  timeline.place(at(5000), 100)
  timeline.restart()
  expect(timeline.place(at(0, true), 3100)).toBe(8000)
  expect(timeline.place(at(777_000), 3100)).toBe(8000)
  expect(timeline.place(at(777_040), 3140)).toBe(8040)
})

it('advances even when the next publisher is there at once', () => {
  const timeline = new Timeline()
  timeline.place(at(5000), 100)
  timeline.restart()
  expect(timeline.place(at(0), 100)).toBe(5001)
})

it('wraps as the wire does', () => {
  const timeline = new Timeline()
  timeline.place(at(0xffffffff), 0)
  timeline.restart()
  expect(timeline.place(at(0), 1001)).toBe(1000)
  expect(timeline.place(at(40), 1041)).toBe(1040)
})
