import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration, parseMoment, roughDuration } from '../../src/domain/duration.ts'

const NOW = 1_800_000_000

describe('parseDuration', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['24h', 86_400],
    ['7d', 604_800],
    ['2w', 1_209_600],
    ['1h30m', 5400],
    ['0', 0],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each(['', '5', '-1h', '1.5h', '1y', 'h', '1h ', ' 1h', '1H', '999999999w', '1e3s'])('refuses "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })

  it.each([0, 1, 59, 60, 3600, 5400, 90_061, 604_800, 1_209_600])(
    'reads back what formatDuration made of %d',
    (span) => {
      expect(parseDuration(formatDuration(span))).toBe(span)
    },
  )
})

describe('roughDuration', () => {
  it.each([
    [0, '0s'],
    [3599.9, '59m59s'],
    [90_061, '1d1h'],
    [-5, '0s'],
  ])('shows %d as %s', (span, text) => {
    expect(roughDuration(span)).toBe(text)
  })
})

describe('parseMoment', () => {
  it.each([
    ['1h', NOW + 3600],
    ['1800000060', NOW + 60],
    ['2027-01-15T08:00:01Z', NOW + 1],
    ['2027-01-15T09:00:30+01:00', NOW + 30],
    ['never', null],
  ])('reads %s', (text, moment) => {
    expect(parseMoment(text, NOW)).toBe(moment)
  })

  it('says of 13 digits that they are milliseconds', () => {
    expect(() => parseMoment('1800000000000', NOW)).toThrow(/13 digits.*milliseconds/)
  })

  it.each(['1700000000', '2020-01-01T00:00:00Z', '123232', '0', '0s'])(
    'refuses %s, which is not in the future',
    (text) => {
      expect(() => parseMoment(text, NOW)).toThrow(/past/)
    },
  )

  it.each(['tomorrow', '12', '2027-01-15', '2027-13-45T00:00:00Z', '999999999999'])('refuses "%s"', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })
})
