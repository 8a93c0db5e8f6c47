import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AccessRequest, Refusal } from '../../src/domain/access.ts'
import type { Admission, Attempt, KeptSession, Visit } from '../../src/services/access-control.ts'
import type { MintOrder } from '../../src/services/operations.ts'
import { JournalFile } from '../../src/store/journal-file.ts'
import { aHouse, FakeConnection, type House, tokenCredential } from '../support/services.ts'
import { aRequest } from '../support/tokens.ts'

let house: House

beforeEach(async () => {
  house = await aHouse()
  await house.operations.setTokenControl({ enable: true, types: ['publish', 'play'], kick: false })
  return () => house.store.close()
})

async function mint(order: Partial<MintOrder> = {}): Promise<AccessRequest> {
  const [token] = await house.operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play', ...order })
  return aRequest({ type: order.type ?? 'play', credential: tokenCredential(token?.tokenId ?? null) })
}

function yes<T extends { ok: boolean }>(answer: T | Refusal): T & { ok: true } {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`)
  return answer as T & { ok: true }
}

async function enter(request: AccessRequest, connection = new FakeConnection()): Promise<Admission> {
  const attempt = yes<Attempt>(await house.gate.reserve(request))
  return yes<Admission>(await attempt.spend(connection))
}

const code = (answer: { ok: true } | Refusal) => (answer.ok ? 'OK' : answer.code)

describe('a one-time token', () => {
  it('opens one session, and is used up from then on', async () => {
    const request = await mint()
    const { session } = await enter(request)
    expect(session).toMatchObject({ app: 'LiveApp', streamId: 'cam', type: 'play', address: '203.0.113.7' })
    expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
  })

  it('is reserved while somebody opens it, and good again when that fails', async () => {
    const request = await mint()
    const attempt = yes<Attempt>(await house.gate.reserve(request))
    expect(await house.gate.reserve(request)).toMatchObject({ code: 'TOKEN_RESERVED', retryAfter: expect.any(Number) })
    attempt.release()
    await enter(request)
  })

  it('lets in one of a hundred that race', async () => {
    const request = await mint()
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const attempt = await house.gate.reserve(request)
        return attempt.ok ? attempt.spend(new FakeConnection()) : attempt
      }),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('is not spent by a look', async () => {
    const request = await mint()
    expect(code(await house.gate.peek(request))).toBe('OK')
    await enter(request)
    expect(code(await house.gate.peek(request))).toBe('TOKEN_USED')
  })

  it('is spent by redeem, which opens no session', async () => {
    const request = await mint()
    expect(code(await house.gate.redeem(request))).toBe('OK')
    expect(code(await house.gate.redeem(request))).toBe('TOKEN_USED')
    expect(house.sessions.list()).toEqual([])
  })

  it('can be redeemed with token control off', async () => {
    await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
    const request = await mint()
    expect(code(await house.gate.redeem(request))).toBe('OK')
    expect(code(await house.gate.redeem(request))).toBe('TOKEN_USED')
  })
})

describe('token control', () => {
  it('refuses who brings nothing, with 401 in mind', async () => {
    expect(code(await house.gate.reserve(aRequest()))).toBe('TOKEN_MISSING')
  })

  it('being off, neither asks for a token nor spends one', async () => {
    const request = await mint()
    await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
    await enter(request)
    await enter(request)
    await house.operations.setTokenControl({ enable: true, types: ['play'], kick: false })
    await enter(request)
  })

  it('being turned on, leaves those inside and can end them', async () => {
    await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
    const connection = new FakeConnection()
    await enter(aRequest(), connection)
    expect(house.sessions.list()).toMatchObject([{ open: true, tokenId: null }])
    const order = { enable: true, types: ['play'] as const }
    expect(await house.operations.setTokenControl({ ...order, kick: false })).toMatchObject({
      connections: 1,
      kicked: false,
    })
    expect(connection.closed).toEqual([])
    expect(await house.operations.setTokenControl({ ...order, kick: true })).toMatchObject({
      connections: 1,
      kicked: true,
    })
    expect(connection.closed).toEqual(['kicked'])
    expect(house.sessions.list()).toEqual([])
  })

  it.each(['spend', 'keep'] as const)(
    'being turned on between the reservation and the %s, lets nobody in',
    async (how) => {
      await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
      const attempt = yes<Attempt>(await house.gate.reserve(aRequest()))
      await house.operations.setTokenControl({ enable: true, types: ['play'], kick: true })
      expect(code(await attempt[how](new FakeConnection()))).toBe('TOKEN_MISSING')
      expect(house.sessions.list()).toEqual([])
    },
  )

  it.each(['spend', 'keep'] as const)(
    'being turned on between the reservation and the %s, takes a good token and spends it',
    async (how) => {
      await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
      const request = await mint()
      const attempt = yes<Attempt>(await house.gate.reserve(request))
      await house.operations.setTokenControl({ enable: true, types: ['play'], kick: true })
      yes<Admission | KeptSession>(await attempt[how](new FakeConnection()))
      expect(code(await house.gate.reserve({ ...request, address: '203.0.113.8' }))).toBe('TOKEN_USED')
    },
  )

  it('being turned on, can end answers that are under way', async () => {
    await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
    yes<Visit>(await house.gate.visit(aRequest())).done()
    const { signal } = yes<Visit>(await house.gate.visit(aRequest()))
    const order = { enable: true, types: ['play'] as const }
    expect(await house.operations.setTokenControl({ ...order, kick: false })).toMatchObject({ connections: 1 })
    expect(signal.aborted).toBe(false)
    expect(await house.operations.setTokenControl({ ...order, kick: true })).toMatchObject({ connections: 1 })
    expect(signal.aborted).toBe(true)
  })

  it('keeps publishers from other networks out, before their token is looked at', async () => {
    await house.operations.setSetting({ name: 'publisher-allowed-cidr', value: '10.0.0.0/8' })
    const request = await mint({ type: 'publish' })
    expect(code(await house.gate.reserve(request))).toBe('ADDRESS_NOT_ALLOWED')
    await enter({ ...request, address: '10.1.2.3' })
  })
})

describe('revoke', () => {
  it('that a full disk takes back brings no session back that was kicked meanwhile', async () => {
    await house.operations.setSetting({ name: 'reconnect-grace', value: '30s' })
    const request = await mint()
    const { session } = await enter(request)
    const sync = vi.spyOn(JournalFile.prototype, 'sync').mockImplementationOnce(async () => {
      house.sessions.kick(session.id)
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    })
    await expect(house.operations.revokeTokens({ all: true })).rejects.toMatchObject({ code: 'STORE_FAILED' })
    sync.mockRestore()
    await house.store.close()
    house = await aHouse(house.directory)
    expect(await house.store.sessions.all()).toEqual([])
  })

  it.each([
    ['a spent token', {}],
    ['a token with uses left', { uses: 3 }],
    ['an unlimited token', { uses: null }],
  ])('ends the sessions of %s and forbids more', async (_, order) => {
    const request = await mint(order)
    const connection = new FakeConnection()
    const { session } = await enter(request, connection)
    const report = await house.operations.revokeTokens({ refs: [session.tokenId ?? ''] })
    expect(report).toMatchObject({ revoked: [session.tokenId], sessions: 1, missing: [] })
    expect(connection.closed).toEqual(['revoked'])
    expect(code(await house.gate.reserve(request))).toBe('TOKEN_REVOKED')
  })

  it('beats a client that is about to get in', async () => {
    const request = await mint()
    const attempt = yes<Attempt>(await house.gate.reserve(request))
    await house.operations.revokeTokens({ all: true })
    expect(code(await attempt.spend(new FakeConnection()))).toBe('TOKEN_REVOKED')
    expect(house.sessions.list()).toEqual([])
  })

  it('beats a client whose spend is under way', async () => {
    const request = await mint({ uses: null })
    const connection = new FakeConnection()
    const spending = yes<Attempt>(await house.gate.reserve(request)).spend(connection)
    const revoked = house.operations.revokeTokens({ all: true })
    const admission = await spending
    await revoked
    if (admission.ok) expect(connection.closed).toEqual(['revoked'])
    expect(house.sessions.list()).toEqual([])
  })

  it('takes a stream literally and names the globs that also open it', async () => {
    await mint()
    await mint({ streamId: 'cam_720p' })
    await mint({ streamId: 'c*' })
    const report = await house.operations.revokeTokens({ stream: { streamId: 'cam' } })
    expect(report.revoked).toHaveLength(1)
    expect(report.globs).toHaveLength(1)
  })

  it('masks what it does not know', async () => {
    const { missing } = await house.operations.revokeTokens({
      refs: ['SecretSecretSecretSecretSecret12', 'tk_000000000000'],
    })
    expect(missing).toEqual(['Secr…', 'tk_000000000000'])
  })
})

describe('max-session', () => {
  it('of no time at all is refused, and not taken for no limit', async () => {
    await expect(mint({ maxSession: 0 })).rejects.toMatchObject({ code: 'BAD_VALUE' })
  })

  it('ends a session when its time is over', async () => {
    const connection = new FakeConnection()
    await enter(await mint({ maxSession: 60 }), connection)
    house.time.now += 59
    house.sessions.sweep()
    expect(connection.closed).toEqual([])
    house.time.now += 1
    house.sessions.sweep()
    expect(connection.closed).toEqual(['expired'])
  })
})

describe('reconnect-grace', () => {
  it('being 0, lets nobody resume', async () => {
    const request = await mint()
    const admission = await enter(request)
    admission.leave('lost')
    expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
    expect(house.sessions.list()).toEqual([])
  })

  describe('being 30s', () => {
    beforeEach(async () => {
      await house.operations.setSetting({ name: 'reconnect-grace', value: '30s' })
    })

    it('resumes a lost session with the same token, from the same address, also after the token expired', async () => {
      const request = await mint({ expireDate: house.time.now + 5 })
      const first = await enter(request)
      first.leave('lost')
      house.time.now += 30
      const again = await enter(request)
      expect(again.session.id).toBe(first.session.id)
      expect((await house.operations.listTokens({}))[0]).toMatchObject({ usesLeft: 0 })
    })

    it.each([
      ['from another address', { address: '203.0.113.8' }],
      ['for another stream', { streamId: 'cam2' }],
      ['for another type', { type: 'publish' as const }],
    ])('does not resume %s', async (_, changes) => {
      const request = await mint()
      const admission = await enter(request)
      admission.leave('lost')
      expect((await house.gate.reserve({ ...request, ...changes })).ok).toBe(false)
    })

    it.each(['ended', 'stream-ended'] as const)('does not resume what has %s', async (how) => {
      const request = await mint()
      const admission = await enter(request)
      admission.leave(how)
      expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
    })

    it('does not resume after it has passed', async () => {
      const request = await mint()
      const admission = await enter(request)
      admission.leave('lost')
      house.time.now += 31
      expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
    })

    it('does not resume what was kicked or revoked', async () => {
      const kicked = await mint()
      const { session } = await enter(kicked)
      house.sessions.kick(session.id)
      expect(code(await house.gate.reserve(kicked))).toBe('TOKEN_USED')

      const revoked = await mint()
      const admission = await enter(revoked)
      admission.leave('lost')
      await house.operations.revokeTokens({ refs: [admission.session.tokenId ?? ''] })
      expect(code(await house.gate.reserve(revoked))).toBe('TOKEN_REVOKED')
    })

    it('lets the newer connection of a single-use token end the older', async () => {
      const request = await mint()
      const older = new FakeConnection()
      const newer = new FakeConnection()
      const first = await enter(request, older)
      await enter(request, newer)
      expect(older.closed).toEqual(['replaced'])
      first.leave('lost')
      expect(house.sessions.list()).toHaveLength(1)
      expect(newer.closed).toEqual([])
    })

    it('ends the older connection of a single-use token where its holder goes on over HLS', async () => {
      const request = await mint()
      const older = new FakeConnection()
      await enter(request, older)
      const { secret } = yes<KeptSession>(await yes<Attempt>(await house.gate.reserve(request)).keep())
      expect(older.closed).toEqual(['replaced'])
      yes<Visit>(await house.gate.visit(aRequest({ cookie: String(secret) })))
    })

    /** Two go on at once, of whom one has got its secret. */
    async function twoGoOn(request: AccessRequest) {
      await enter(request)
      const late = yes<Attempt>(await house.gate.reserve(request))
      const quick = yes<Attempt>(await house.gate.reserve(request))
      return { late, secret: yes<KeptSession>(await quick.keep()).secret }
    }

    it('is for one client where two go on at once, one of them over HLS', async () => {
      const request = await mint()
      const { late, secret } = await twoGoOn(request)
      const connection = new FakeConnection()
      expect(code(await late.spend(connection))).toBe('SESSION_INVALID')
      const attempt = yes<Attempt>(await house.gate.reserve(aRequest({ cookie: String(secret) })))
      yes<Admission>(await attempt.spend(connection))
    })

    it('stops answers that are under way to who had it where the other takes it over HLS as well', async () => {
      const request = await mint()
      const { late, secret } = await twoGoOn(request)
      const { signal } = yes<Visit>(await house.gate.visit(aRequest({ cookie: String(secret) })))
      yes<KeptSession>(await late.keep())
      expect(signal.aborted).toBe(true)
    })

    it('hands nobody a session that does not open, whatever an unlimited token has resumed', async () => {
      const request = await mint({ uses: null })
      ;(await enter(request)).leave('lost')
      for (let poll = 0; poll < 2; poll++) {
        const { secret } = yes<KeptSession>(await yes<Attempt>(await house.gate.reserve(request)).keep())
        yes<Visit>(await house.gate.visit(aRequest({ cookie: String(secret) })))
      }
    })

    it('lets nobody in by a use that is still being written', async () => {
      const request = await mint()
      const first = new FakeConnection()
      const attempt = yes<Attempt>(await house.gate.reserve(request))
      const spending = attempt.spend(first)
      expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
      yes<Admission>(await spending)
      expect(first.closed).toEqual([])
    })

    it('spends a further use of a multi-use token while its first viewer is still there', async () => {
      const request = await mint({ uses: 2 })
      const first = new FakeConnection()
      await enter(request, first)
      await enter(request)
      expect(first.closed).toEqual([])
      expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
    })

    it('covers a restart of the process', async () => {
      const request = await mint()
      const { session } = await enter(request)
      await house.store.close()
      house = await aHouse(house.directory, house.time.now + 20)
      const again = await enter(request)
      expect(again.session.id).toBe(session.id)
    })
  })
})

describe('a session opened over HTTP', () => {
  const kept = async (order: Partial<MintOrder> = {}) => {
    const request = await mint(order)
    const { secret } = yes<KeptSession>(await yes<Attempt>(await house.gate.reserve(request)).keep())
    return { request, cookie: String(secret) }
  }
  const withCookie = (cookie: string, changes: Partial<AccessRequest> = {}) => aRequest({ cookie, ...changes })

  it('is one use, and lets its holder in again and again', async () => {
    const { request, cookie } = await kept()
    expect(code(await house.gate.reserve(request))).toBe('TOKEN_USED')
    for (let n = 0; n < 3; n++) (await enter(withCookie(cookie))).leave('lost')
    expect(house.sessions.list()).toHaveLength(1)
    expect((await house.operations.listTokens({}))[0]).toMatchObject({ usesLeft: 0 })
  })

  it('is tried before the spent token of the same address line', async () => {
    const { request, cookie } = await kept()
    await enter({ ...request, cookie })
  })

  it('leaves a good token to be judged where the cookie is stale', async () => {
    await enter({ ...(await mint()), cookie: 'stale' })
  })

  it('has one connection at a time, the newer one', async () => {
    const { cookie } = await kept()
    const older = new FakeConnection()
    await enter(withCookie(cookie), older)
    await enter(withCookie(cookie))
    expect(older.closed).toEqual(['replaced'])
  })

  it.each([
    ['stream', { streamId: 'cam_720p' }],
    ['app', { app: 'Other' }],
    ['type', { type: 'publish' as const }],
  ])('opens no other %s', async (_, changes) => {
    const { cookie } = await kept()
    expect(code(await house.gate.reserve(withCookie(cookie, changes)))).toBe('SESSION_INVALID')
  })

  it('is bound to the address that its token was bound to', async () => {
    const { cookie } = await kept({ ip: '203.0.113.0/24' })
    expect(code(await house.gate.reserve(withCookie(cookie, { address: '198.51.100.1' })))).toBe('SESSION_INVALID')
    await enter(withCookie(cookie))
  })

  it('outlives its stream and a restart, and ends when it is idle', async () => {
    const { cookie } = await kept()
    ;(await enter(withCookie(cookie))).leave('stream-ended')
    await house.store.close()
    house = await aHouse(house.directory, house.time.now + 299)
    ;(await enter(withCookie(cookie))).leave('lost')
    house.time.now += 300
    house.sessions.sweep()
    expect(code(await house.gate.reserve(withCookie(cookie)))).toBe('SESSION_INVALID')
  })

  it('goes idle only after its last answer is complete', async () => {
    const { cookie } = await kept()
    const visit = yes<Visit>(await house.gate.visit(withCookie(cookie)))
    house.time.now += 1000
    house.sessions.sweep()
    visit.delivered(10)
    visit.done()
    house.time.now += 299
    house.sessions.sweep()
    expect(house.sessions.list()).toMatchObject([{ bytes: 10 }])
    house.time.now += 1
    house.sessions.sweep()
    expect(house.sessions.list()).toEqual([])
  })

  it('is not idle while an answer is under way, and goes on from its end', async () => {
    const { cookie } = await kept()
    const visit = yes<Visit>(await house.gate.visit(withCookie(cookie)))
    house.time.now += 1000
    visit.done()
    visit.done()
    house.sessions.sweep()
    yes<Visit>(await house.gate.visit(withCookie(cookie)))
  })

  it.each([
    ['by its cookie', {}, true],
    ['by its unlimited token', { uses: null }, false],
  ])('does not go idle while its playlist is asked for %s', async (_, order, withIt) => {
    const { request, cookie } = await kept(order)
    for (let poll = 0; poll < 3; poll++) {
      house.time.now += 299
      house.sessions.sweep()
      const again = await house.gate.reserve({ ...request, ...(withIt && { cookie }) })
      expect(await yes<Attempt>(again).keep()).toMatchObject({ secret: cookie })
    }
  })

  it('is not taken for idle after a restart for what had not been written of it', async () => {
    await house.operations.setSetting({ name: 'session-idle-live', value: '30s' })
    const { cookie } = await kept()
    house.time.now += 29
    yes<Visit>(await house.gate.visit(withCookie(cookie))).done()
    await house.store.close()
    house = await aHouse(house.directory, house.time.now + 5)
    yes<Visit>(await house.gate.visit(withCookie(cookie)))
  })

  it('stops answers that are under way when it ends', async () => {
    const { cookie } = await kept()
    const { signal } = yes<Visit>(await house.gate.visit(withCookie(cookie)))
    await house.operations.revokeTokens({ all: true })
    expect(signal.aborted).toBe(true)
  })

  it('is not opened by a part: a token there is refused and unspent', async () => {
    const request = await mint()
    expect(code(await house.gate.visit(request))).toBe('SESSION_MISSING')
    await enter(request)
  })

  it('is handed to the same client again by an unlimited token, and to no other', async () => {
    const request = await mint({ uses: null })
    const keep = async (changes: Partial<AccessRequest>) =>
      yes<KeptSession>(await yes<Attempt>(await house.gate.reserve({ ...request, ...changes })).keep()).secret
    const first = await keep({ userAgent: 'A' })
    expect(await keep({ userAgent: 'A' })).toBe(first)
    expect(await keep({ userAgent: 'B' })).not.toBe(first)
    expect(await keep({ userAgent: 'A', address: '198.51.100.1' })).not.toBe(first)
    expect(house.sessions.list()).toHaveLength(3)
  })

  it('with session-binding address, is of no use to another address', async () => {
    const { cookie } = await kept()
    yes<Visit>(await house.gate.visit(withCookie(cookie, { address: '198.51.100.1' })))
    await house.operations.setSetting({ name: 'session-binding', value: 'address' })
    expect(code(await house.gate.visit(withCookie(cookie, { address: '198.51.100.1' })))).toBe('SESSION_INVALID')
    yes<Visit>(await house.gate.visit(withCookie(cookie)))
  })

  it('ends with its token', async () => {
    const { cookie } = await kept()
    expect(await house.operations.revokeTokens({ all: true })).toMatchObject({ sessions: 1 })
    expect(code(await house.gate.reserve(withCookie(cookie)))).toBe('SESSION_INVALID')
  })
})

describe('guesses', () => {
  const guess = (secret: string, address = '203.0.113.7') =>
    house.gate.reserve(aRequest({ address, credential: { kind: 'token', secret } }))

  it('over the limit are answered late, with 429 and how long to wait', async () => {
    for (let n = 0; n < 20; n++) expect(code(await guess(`wrong${n}`))).toBe('TOKEN_UNKNOWN')
    expect(await guess('wrong20')).toMatchObject({ code: 'TOO_MANY_GUESSES', retryAfter: 60 })
    expect(house.delays).toEqual([500])
    house.time.now += 61
    expect(code(await guess('wrong21'))).toBe('TOKEN_UNKNOWN')
  })

  it('count where a cookie is guessed, too', async () => {
    const tryCookie = (cookie: string) => house.gate.reserve(aRequest({ cookie }))
    for (let n = 0; n < 20; n++) expect(code(await tryCookie(`guess ${n}`))).toBe('SESSION_INVALID')
    expect(code(await tryCookie('one more'))).toBe('TOO_MANY_GUESSES')
  })

  it('are forgotten when the clock is set back', async () => {
    for (let n = 0; n < 20; n++) await guess(`guess ${n}`)
    house.time.now -= 3600
    expect(code(await guess('one more'))).toBe('TOKEN_UNKNOWN')
    expect(house.entries.filter(({ event }) => event === 'guess')).toHaveLength(21)
  })

  it('count once a minute when they are the same', async () => {
    for (let n = 0; n < 100; n++) expect(code(await guess('the same'))).toBe('TOKEN_UNKNOWN')
    expect(house.entries.filter(({ event }) => event === 'guess')).toHaveLength(1)
  })

  it('never shut out a valid token of the same address', async () => {
    for (let n = 0; n < 30; n++) await guess(`wrong${n}`)
    await enter(await mint())
  })

  it('do not count where the token is known', async () => {
    const request = await mint()
    await enter(request)
    for (let n = 0; n < 50; n++)
      expect(code(await house.gate.reserve({ ...request, streamId: `cam${n}` }))).toBe('TOKEN_OTHER_STREAM')
    expect(house.delays).toEqual([])
  })

  it('of an IPv6 network count together', async () => {
    for (let n = 0; n < 21; n++) await guess(`wrong${n}`, `2001:db8::${n + 1}`)
    expect(code(await guess('wrong', '2001:db8::ffff'))).toBe('TOO_MANY_GUESSES')
    expect(code(await guess('wrong', '2001:db8:0:1::1'))).toBe('TOKEN_UNKNOWN')
  })
})

describe('the audit', () => {
  it('tells who was let in and refused, and holds no secret', async () => {
    const request = await mint()
    await enter(request)
    await house.gate.reserve(request)
    expect(house.entries.map(({ event }) => event)).toEqual(['setting', 'setting', 'mint', 'admit', 'refuse'])
    const text = JSON.stringify(house.entries)
    if (request.credential?.kind === 'token') expect(text).not.toContain(request.credential.secret)
  })

  it('masks the name of a stream that is a token', async () => {
    const { credential } = await mint({ type: 'publish' })
    const streamId = credential?.kind === 'token' ? credential.secret : ''
    const unknown = 'x'.repeat(32)
    await house.gate.reserve(aRequest({ streamId, type: 'publish', credential: null }))
    await house.gate.peek(aRequest({ streamId }))
    await house.gate.reserve(aRequest({ streamId: unknown, credential: null }))
    const names = house.entries
      .filter(({ event }) => event === 'refuse' || event === 'guess')
      .map((entry) => entry.streamId)
    expect(names).toEqual([`${streamId.slice(0, 4)}…`, `${streamId.slice(0, 4)}…`, unknown])
  })

  it('folds the same refusal into one line a minute, with a count', async () => {
    const request = await mint()
    await enter(request)
    for (let n = 0; n < 10; n++) await house.gate.reserve(request)
    house.time.now += 61
    await house.gate.reserve(request)
    const refusals = house.entries.filter(({ event }) => event === 'refuse')
    expect(refusals.map(({ repeats }) => repeats)).toEqual([undefined, 9])
  })

  it('tells of a refusal though the clock was set back', async () => {
    const request = await mint({ type: 'publish' })
    await house.gate.reserve({ ...request, type: 'play' })
    house.time.now -= 3600
    await house.gate.reserve({ ...request, type: 'play' })
    expect(house.entries.filter(({ event }) => event === 'refuse')).toHaveLength(2)
  })
})
