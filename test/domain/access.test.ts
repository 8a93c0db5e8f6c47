import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/domain/access.ts'
import { endedAt, isForgettable, type TokenUse, tokenState, viewToken, withUse } from '../../src/domain/token.ts'
import { aRequest, aToken, NOW } from '../support/tokens.ts'

const use: TokenUse = { at: NOW - 5, address: '192.0.2.9', protocol: 'rtmp', streamId: 'cam', session: 'ss_1' }

describe('evaluate', () => {
  it.each([
    ['in time', aToken()],
    ['without expiry', aToken({ expireDate: null })],
    ['by a glob', aToken({ streamId: 'c?m*' })],
    ['from the address it is bound to', aToken({ ip: '203.0.113.0/24' })],
    ['with uses left', aToken({ uses: 3, used: 2 })],
    ['without a limit of uses', aToken({ uses: null, used: 1000 })],
    ['from its not-before on', aToken({ notBefore: NOW })],
  ])('admits %s', (_, token) => {
    expect(evaluate(token, aRequest(), NOW)).toEqual({ ok: true, token })
  })

  it.each([
    ['TOKEN_UNKNOWN', undefined],
    ['TOKEN_OTHER_TYPE', aToken({ type: 'publish' })],
    ['TOKEN_OTHER_APP', aToken({ app: 'Other' })],
    ['TOKEN_OTHER_STREAM', aToken({ streamId: 'cam_720p' })],
    ['TOKEN_OTHER_ADDRESS', aToken({ ip: '198.51.100.0/24' })],
    ['TOKEN_REVOKED', aToken({ revokedAt: NOW - 1 })],
    ['TOKEN_USED', aToken({ used: 1 })],
    ['TOKEN_EXPIRED', aToken({ expireDate: NOW })],
    ['TOKEN_NOT_YET', aToken({ notBefore: NOW + 1 })],
  ])('refuses with %s', (code, token) => {
    expect(evaluate(token, aRequest(), NOW)).toMatchObject({ ok: false, code })
  })

  it('says how long ago a token expired', () => {
    expect(evaluate(aToken({ expireDate: NOW - 65 }), aRequest(), NOW)).toMatchObject({
      message: 'token expired 1m5s ago',
    })
  })

  it('says when and over what a token was used, and not by whom', () => {
    const verdict = evaluate(withUse(aToken(), use), aRequest(), NOW)
    expect(verdict).toMatchObject({ message: 'token already used 5s ago over rtmp' })
    expect(JSON.stringify(verdict)).not.toContain('192.0.2.9')
  })

  it('leaves the address unjudged where none is known', () => {
    expect(evaluate(aToken({ ip: '198.51.100.0/24' }), aRequest({ address: null }), NOW)).toMatchObject({ ok: true })
  })
})

describe('a token', () => {
  it.each([
    ['revoked', { revokedAt: NOW, used: 1, expireDate: NOW - 1 }],
    ['used', { used: 1, expireDate: NOW - 1 }],
    ['expired', { expireDate: NOW - 1, notBefore: NOW + 1 }],
    ['pending', { notBefore: NOW + 1 }],
    ['active', {}],
  ])('is %s before what else it is', (state, changes) => {
    expect(tokenState(aToken(changes), NOW)).toBe(state)
  })

  it('keeps its first use, its last ten, and a count', () => {
    let token = aToken({ uses: null })
    for (let n = 0; n < 25; n++) token = withUse(token, { ...use, at: NOW + n })
    expect(token.used).toBe(25)
    expect(token.firstUse?.at).toBe(NOW)
    expect(token.lastUses.map(({ at }) => at - NOW)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24])
  })

  it.each([
    ['active, and so never', {}, NOW + 10 ** 9 - 10 ** 9, false],
    ['expired, until retention has passed', { expireDate: NOW - 99 }, NOW, false],
    ['expired, once it has', { expireDate: NOW - 100, createdAt: NOW - 500 }, NOW, true],
    ['minted expired, until retention has passed', { expireDate: 123_232, createdAt: NOW - 99 }, NOW, false],
    ['minted expired, once it has', { expireDate: 123_232, createdAt: NOW - 100 }, NOW, true],
    ['used long before it expires', { used: 1, expireDate: NOW + 50, lastUses: [use] }, NOW + 149, false],
    ['used, after its expireDate and retention', { used: 1, expireDate: NOW + 50, lastUses: [use] }, NOW + 150, true],
    ['used, without expiry', { used: 1, expireDate: null, lastUses: [use] }, NOW + 95, true],
  ])('is forgotten when it is %s', (_, changes, now, forgettable) => {
    expect(isForgettable(aToken(changes), 100, now)).toBe(forgettable)
  })

  it('shows its secret only where it is given', () => {
    expect(viewToken(aToken(), NOW).tokenId).toBeNull()
    expect(viewToken(aToken(), NOW, 'S').tokenId).toBe('S')
    expect(JSON.stringify(viewToken(aToken(), NOW))).not.toContain(aToken().hash)
  })

  it('ended when it was revoked, used up, or when it expired', () => {
    expect(endedAt(aToken({ revokedAt: 7 }), NOW)).toBe(7)
    expect(endedAt(withUse(aToken(), use), NOW)).toBe(use.at)
    expect(endedAt(aToken({ expireDate: 9 }), NOW)).toBe(9)
    expect(endedAt(aToken(), NOW)).toBeNull()
  })
})
