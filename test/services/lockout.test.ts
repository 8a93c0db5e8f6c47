import { describe, expect, it } from 'vitest'
import { Lockout } from '../../src/services/lockout.ts'

const ADDRESS = '203.0.113.7'

function aLockout() {
  const lockout = new Lockout()
  const time = { now: 1_800_000_000 }
  const begin = (name = 'admin', address = ADDRESS) => lockout.begin(name, address, time.now)
  /** 0: it was tried. */
  const wrong = (name?: string, address?: string): number => {
    const attempt = begin(name, address)
    if (!attempt.ok) return attempt.retryAfter
    attempt.wrong()
    return 0
  }
  const right = (name?: string, address?: string): number => {
    const attempt = begin(name, address)
    if (!attempt.ok) return attempt.retryAfter
    attempt.right()
    return 0
  }
  const times = (count: number, name?: string) => Array.from({ length: count }, () => wrong(name))
  return { time, begin, wrong, right, times }
}

describe('a name that gets wrong passwords from an address', () => {
  it('waits after five of them, twice as long after each one more, at most 15 minutes', () => {
    const { time, times, wrong } = aLockout()
    expect(times(5)).toEqual([0, 0, 0, 0, 0])
    for (const minutes of [1, 2, 4, 8, 15, 15]) {
      expect(wrong()).toBe(minutes * 60)
      time.now += minutes * 60 - 1
      expect(wrong()).toBe(1)
      time.now += 1
      expect(wrong()).toBe(0)
    }
  })

  it('is tried no more often by many at once', () => {
    const { begin } = aLockout()
    const under = Array.from({ length: 8 }, () => begin())
    expect(under.map(({ ok }) => ok)).toEqual([true, true, true, true, true, false, false, false])
    for (const attempt of under) if (attempt.ok) attempt.wrong()
    expect(begin()).toEqual({ ok: false, retryAfter: 60 })
  })

  it('is the same name in capitals', () => {
    const { times, wrong } = aLockout()
    times(5, 'Admin')
    expect(wrong('aDMIN')).toBe(60)
  })

  it('waits in no other place, and no other name does', () => {
    const { times, wrong } = aLockout()
    times(5)
    expect(wrong('admin', '203.0.113.8')).toBe(0)
    expect(wrong('other')).toBe(0)
  })

  it('begins anew after the right one, or an hour', () => {
    const { time, times, right } = aLockout()
    times(4)
    expect(right()).toBe(0)
    expect(times(4)).toEqual([0, 0, 0, 0])
    time.now += 3600
    expect(times(5)).toEqual([0, 0, 0, 0, 0])
  })

  it('waits no longer for a clock that was set back', () => {
    const { time, times, wrong } = aLockout()
    times(5)
    time.now -= 7200
    expect(wrong()).toBe(0)
  })
})

describe('an address', () => {
  it('has 20 wrong passwords a minute, whatever the names, and all of an IPv6 network together', () => {
    const { time, wrong } = aLockout()
    for (let n = 0; n < 20; n++) expect(wrong(`name${n}`, `2001:db8::${n}`)).toBe(0)
    expect(wrong('one more', '2001:db8::ffff')).toBe(60)
    expect(wrong('one more', '2001:db8:0:1::1')).toBe(0)
    time.now += 60
    expect(wrong('one more', '2001:db8::ffff')).toBe(0)
  })

  it('has five passwords checked at a time, so that the queue is never one address', () => {
    const { begin } = aLockout()
    const under = Array.from({ length: 5 }, (_, n) => begin(`name${n}`))
    expect(under.map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(begin('one more')).toEqual({ ok: false, retryAfter: 1 })
    expect(begin('one more', '203.0.113.8').ok).toBe(true)
    const [first, second, third] = under
    if (first?.ok) first.wrong()
    if (second?.ok) second.right()
    if (third?.ok) third.void()
    expect(['a', 'b', 'c', 'd'].map((name) => begin(name).ok)).toEqual([true, true, true, false])
  })

  it('is known once somebody has logged in from there, and no other is', () => {
    const { begin, right, wrong } = aLockout()
    wrong('admin', '2001:db8::1')
    expect(begin('admin', '2001:db8::1')).toMatchObject({ ok: true, isKnown: false })
    right('admin', '2001:db8::1')
    expect(begin('other', '2001:db8::2')).toMatchObject({ ok: true, isKnown: true })
    expect(begin('admin', '2001:db8:0:1::1')).toMatchObject({ ok: true, isKnown: false })
  })

  it('may log in as often as it likes', () => {
    const { right } = aLockout()
    for (let n = 0; n < 100; n++) expect(right(`name${n}`)).toBe(0)
  })
})
