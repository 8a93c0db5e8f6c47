import { describe, expect, it } from 'vitest'
import { iceLinks } from '../../src/server/whip/headers.ts'
import { readFragment } from '../../src/server/whip/sdp-fragment.ts'
import { fragmentOf, iceServersOf } from '../../src/web/pages/ice.ts'

const CANDIDATE = 'candidate:1 1 UDP 2122252543 192.0.2.7 50000 typ host'
const OFFER = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=mid:a\r\n'

describe("a page reads what the server's answer to its offer names", () => {
  it('STUN and TURN servers, whatever stands in their credentials', () => {
    const servers = [
      { urls: 'stun:stun.example.org:3478' },
      { urls: 'turn:turn.example.org?transport=udp', username: 'a, <b>; c', credential: 'q"uo\\te' },
    ]
    expect(iceServersOf(iceLinks(servers).join(', '))).toEqual(servers)
  })

  it('nothing, where there is no such link', () => {
    expect(iceServersOf(null)).toEqual([])
    expect(iceServersOf('<https://example.org>; rel="next"')).toEqual([])
  })
})

describe('a page writes what the server reads', () => {
  it('a candidate of a section', () => {
    const read = readFragment(fragmentOf(OFFER, { candidate: CANDIDATE, mid: 'b' }))
    expect(read).toEqual({ userNames: ['abcd'], candidates: [{ candidate: CANDIDATE, mid: 'b' }] })
  })

  it('the end of them', () => {
    expect(readFragment(fragmentOf(OFFER, null))).toEqual({ userNames: ['abcd'], candidates: [] })
  })
})
