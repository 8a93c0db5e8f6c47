import { describe, expect, it } from 'vitest'
import { canonicalAddress, guesserOf, inCidrs, parseCidr } from '../../src/domain/address.ts'

describe('parseCidr', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['::1', '::1/128'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::ffff:10.0.0.1', '10.0.0.1/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('reads %s as %s', (text, cidr) => {
    expect(parseCidr(text)).toBe(cidr)
  })

  const bad = ['', 'x', '10.0.0.0/33', '10.1', '300.1.1.1', '::1/129', '10.0.0.1/']
  const misleading = ['10/8', '127.1/8', '010.0.0.0/8', '0x7f.0.0.1/8']

  it.each([...bad, ...misleading])('refuses "%s"', (text) => {
    expect(() => parseCidr(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })
})

describe('inCidrs', () => {
  it.each([
    ['127.0.0.1', ['127.0.0.0/8'], true],
    ['::ffff:127.0.0.1', ['127.0.0.0/8'], true],
    ['::1', ['127.0.0.0/8'], false],
    ['::1', ['127.0.0.0/8', '::1/128'], true],
    ['10.0.0.1', [], false],
    ['', ['0.0.0.0/0'], false],
    ['garbage', ['0.0.0.0/0'], false],
  ])('%s in %j: %s', (address, cidrs, expected) => {
    expect(inCidrs(address, cidrs)).toBe(expected)
  })
})

describe('who guesses', () => {
  it('is one address in IPv4 and a /64 in IPv6', () => {
    expect(guesserOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(guesserOf('2001:db8:1:2:3:4:5:6')).toBe(guesserOf('2001:db8:1:2:ffff::1'))
    expect(guesserOf('2001:db8:1:3::1')).not.toBe(guesserOf('2001:db8:1:2::1'))
  })

  it('keeps one text for one address', () => {
    expect(canonicalAddress('::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1')
  })
})
