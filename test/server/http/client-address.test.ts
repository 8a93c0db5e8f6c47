import { describe, expect, it } from 'vitest'
import { clientAddress, forwardedClient } from '../../../src/server/http/client-address.ts'

const TRUSTED = ['127.0.0.0/8', '10.0.0.0/8', '2001:db8:1::/48']

describe('the client behind a connection', () => {
  it.each([
    ['the peer without a header', '203.0.113.7', undefined, '203.0.113.7'],
    ['the peer in canonical form', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
    ['the peer that nobody trusts, whatever it writes', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['the proxy itself where it names nobody', '10.0.0.1', undefined, '10.0.0.1'],
    ['the proxy itself where it names nobody (2)', '10.0.0.1', '', '10.0.0.1'],
    ['whom the proxy names', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['whom a proxy reached over mapped IPv4 names', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the right-most that is no proxy', '10.0.0.1', '192.0.2.1, 198.51.100.1 ,10.0.0.2, 127.0.0.1', '198.51.100.1'],
    ['the left-most where all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['an address of IPv6', '2001:db8:1::1', '2001:DB8::7', '2001:db8::7'],
    ['an address with a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['an address of IPv6 with a port', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
  ])('is %s', (_what, peer, forwardedFor, client) => {
    expect(clientAddress({ peer, forwardedFor }, TRUSTED)).toBe(client)
  })

  it.each(['unknown', '_hidden', '198.51.100.1, nonsense', 'a'.repeat(10_000), '1.2.3.4.5', '[::1'])(
    'is not known where a proxy writes %.20s, and counts as the peer',
    (forwardedFor) => {
      expect(forwardedClient({ peer: '10.0.0.1', forwardedFor }, TRUSTED)).toBeNull()
      expect(clientAddress({ peer: '10.0.0.1', forwardedFor }, TRUSTED)).toBe('10.0.0.1')
    },
  )
})
