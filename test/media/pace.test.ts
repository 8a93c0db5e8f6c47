import { expect, it } from 'vitest'
import { Pace } from '../../src/media/pace.ts'

function after(latency: number, span: number): number {
  const pace = new Pace(latency)
  for (let i = 0; i < 100; i++) pace.wrote(0, span)
  return Math.round(pace.window)
}

it.each([
  ['the whole latency before anybody watches', 50, 0, 50],
  ['less by what writing to all takes', 50, 8, 42],
  ['so long that writing takes a fifth of the time, for a large audience', 50, 25, 100],
  ['half a second at the most', 50, 1000, 500],
  ['nothing where none is asked for', 0, 25, 0],
])('gathers for %s', (_case, latency, span, window) => {
  expect(after(latency, span)).toBe(window)
})

it('is not thrown off by one slow batch', () => {
  const pace = new Pace(50)
  pace.wrote(0, 40)
  expect(pace.window).toBeCloseTo(45)
})

it('keeps even times while media flows, and lets a packet through at once after a silence', () => {
  const pace = new Pace(50)
  pace.restart(1000)
  expect(pace.delay(1000)).toBe(50)
  expect(pace.delay(1030)).toBe(20)
  pace.wrote(1050, 1050)
  expect(pace.delay(1060)).toBe(40)
  expect(pace.delay(1200)).toBe(0)
})
