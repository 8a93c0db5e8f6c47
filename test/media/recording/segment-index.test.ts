import { describe, expect, it } from 'vitest'
import { readReserved, reserveIndex, segmentIndex } from '../../../src/media/recording/segment-index.ts'

const VIDEO = { id: 1, timescale: 90_000 }
const SECOND = 90_000

interface Reference {
  readonly size: number
  readonly ticks: number
  readonly key: boolean
}

function readIndex(bytes: Buffer): { first: number; references: Reference[] } {
  expect(bytes.toString('latin1', 4, 8)).toBe('sidx')
  const count = bytes.readUInt16BE(38)
  const rows = Array.from({ length: count }, (_, row) => 40 + 12 * row)
  const end = bytes.readUInt32BE(0)
  expect(end).toBe(40 + 12 * count)
  expect([bytes.readUInt32BE(end), bytes.toString('latin1', end + 4, end + 8)]).toEqual([bytes.length - end, 'free'])
  return {
    first: end + Number(bytes.readBigUInt64BE(28)),
    references: rows.map((row) => ({
      size: bytes.readUInt32BE(row),
      ticks: bytes.readUInt32BE(row + 4),
      key: bytes.readUInt32BE(row + 8) !== 0,
    })),
  }
}

function fragments(count: number, key: (number: number) => boolean = () => true) {
  return Array.from({ length: count }, (_, number) => ({
    size: 1000 + number,
    key: key(number),
    start: number * SECOND,
    ticks: SECOND,
  }))
}

describe('the index of a recording', () => {
  it('has room kept that says what it will be of', () => {
    const room = reserveIndex(VIDEO)
    expect(room.toString('latin1', 4, 8)).toBe('free')
    expect(readReserved(room)).toEqual(VIDEO)
    expect(readReserved(segmentIndex(VIDEO, fragments(3)))).toEqual(VIDEO)
    expect(readReserved(Buffer.alloc(room.length))).toBeUndefined()
    expect(readReserved(room.subarray(1))).toBeUndefined()
  })

  it.each([1, 2, 1999, 2000, 2001, 10_000, 100_000])('takes exactly that room with %i fragments', (count) => {
    const bytes = segmentIndex(VIDEO, fragments(count))
    expect(bytes.length).toBe(reserveIndex(VIDEO).length)
    const { first, references } = readIndex(bytes)
    expect(first).toBe(bytes.length)
    expect(references.length).toBeLessThanOrEqual(2000)
    const sum = (of: (reference: Reference) => number) => references.reduce((total, one) => total + of(one), 0)
    expect(sum(({ size }) => size)).toBe(fragments(count).reduce((total, { size }) => total + size, 0))
    expect(sum(({ ticks }) => ticks)).toBe(count * SECOND)
  })

  it('has an entry begin at each key frame', () => {
    const { references } = readIndex(
      segmentIndex(
        VIDEO,
        fragments(9, (number) => number % 3 === 0),
      ),
    )
    expect(references.map(({ key, ticks }) => [key, ticks])).toEqual(Array(3).fill([true, 3 * SECOND]))
  })

  it('has entries of at most what their fields can hold, where no key frame ever comes', () => {
    const { references } = readIndex(
      segmentIndex(
        VIDEO,
        fragments(100_000, () => false),
      ),
    )
    expect(references.reduce((total, { ticks }) => total + ticks, 0)).toBe(100_000 * SECOND)
    expect(references.length).toBeGreaterThan(2)
  })

  it('counts what was left out to the fragment before it', () => {
    const [first, second, third] = fragments(3)
    if (!first || !second || !third) throw new Error('three fragments')
    const { references } = readIndex(segmentIndex(VIDEO, [first, third]))
    expect(references.map(({ ticks }) => ticks)).toEqual([2 * SECOND, SECOND])
  })
})
