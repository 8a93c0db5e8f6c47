import { describe, expect, it } from 'vitest'
import { describeRedis, parseRedisLocation } from '../../../src/store/redis/location.ts'

describe('the address of a shared store', () => {
  it.each([
    ['redis://store.example.org', 'redis://store.example.org:6379/0'],
    ['redis://10.0.0.7:7000/3', 'redis://10.0.0.7:7000/3'],
    ['rediss://amsctl@store.example.org/1', 'rediss://store.example.org:6379/1'],
    ['redis://[2001:db8::7]:7000', 'redis://[2001:db8::7]:7000/0'],
  ])('%s is %s', (text, described) => {
    expect(describeRedis(parseRedisLocation(text))).toBe(described)
  })

  it('may name a user', () => {
    expect(parseRedisLocation('rediss://ams%40ctl@store')).toMatchObject({
      user: 'ams@ctl',
      tls: true,
      port: 6379,
      db: 0,
    })
  })

  it.each(['redis://:sesame@store', 'redis://amsctl:sesame@store/0'])('refuses the password in %s unsaid', (text) => {
    expect(() => parseRedisLocation(text)).toThrow(/must not hold a password/)
    expect(() => parseRedisLocation(text)).not.toThrow(/sesame/)
  })

  it.each(['store', 'http://store', 'redis://', 'redis://store/x', 'redis://store/0?tls=1', 'redis://store/-1'])(
    'refuses %s',
    (text) => {
      expect(() => parseRedisLocation(text)).toThrow(/the address of the store must/)
    },
  )
})
