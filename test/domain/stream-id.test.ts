import { describe, expect, it } from 'vitest'
import { isApp, isStreamId, opensStream, parseStreamPattern, printable } from '../../src/domain/stream-id.ts'

describe('stream ids', () => {
  it.each(['a', 'cam_720p', 'a__b', 'room-1.mp4', '...', 'x'.repeat(128)])('takes %s', (id) => {
    expect(isStreamId(id)).toBe(true)
  })

  it.each(['', '.', '..', 'a/b', 'a b', 'ä', 'a*', 'a?', 'a\n', 'x'.repeat(129), 'a%20b'])('refuses "%s"', (id) => {
    expect(isStreamId(id)).toBe(false)
  })

  it.each(['rest', 'api', 'panel', 'w', 'metrics', 'healthz', 'ConsoleApp', '', 'a.b'])('"%s" is no app', (app) => {
    expect(isApp(app)).toBe(false)
  })
})

describe('opensStream', () => {
  it.each([
    ['cam', 'cam', true],
    ['cam', 'cam_720p', false],
    ['room', 'room_1', false],
    ['cam-*', 'cam-', true],
    ['cam-*', 'cam-1', true],
    ['cam-*', 'xcam-1', false],
    ['cam-?', 'cam-1', true],
    ['cam-?', 'cam-12', false],
    ['*', 'anything', true],
    ['a*b*c', 'aXXbYYc', true],
    ['a*b*c', 'aXXbYY', false],
    ['*.mp4', 'film.mp4', true],
    ['a.c', 'abc', false],
  ])('a token for %s opens %s: %s', (pattern, id, opens) => {
    expect(opensStream(pattern, id)).toBe(opens)
  })

  it('judges a hostile glob in linear time', () => {
    expect(opensStream(`${'*a'.repeat(60)}b`, 'a'.repeat(128))).toBe(false)
  })

  it('takes globs only as patterns', () => {
    expect(parseStreamPattern('cam-*')).toBe('cam-*')
    expect(() => parseStreamPattern('cam/*')).toThrow(/not a stream id/)
  })
})

describe('printable', () => {
  it('shows no control characters and cuts what is long', () => {
    expect(printable('a\u001b[31m\u202eb')).toBe('a\\u001b[31m?b')
    expect(printable('x'.repeat(100))).toHaveLength(65)
  })
})
