import { describe, expect, it } from 'vitest'
import { allTokens, aSession, aUse, tokenNumber, tokens } from '../support/store.ts'
import { describeStores } from '../support/stores.ts'
import { NOW } from '../support/tokens.ts'

const token = tokenNumber(1)
const SECOND = 1000

describeStores(({ place, open }) => {
  describe('tokens', () => {
    it('are found by hash and by id, before and after the store was closed', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add(tokens(3))
      expect(await store.tokens.findByHash(token.hash)).toEqual(token)
      await store.close()

      const again = await open(directory)
      expect(await again.tokens.findByHash(token.hash)).toEqual(token)
      expect(await again.tokens.findById(token.id)).toEqual(token)
      expect(await again.tokens.findById('tk_zzzzzzzzzzzz')).toBeUndefined()
      expect(await allTokens(again)).toHaveLength(3)
    })

    it('are added all or none', async () => {
      const store = await open(await place())
      await store.tokens.add([token])
      await expect(store.tokens.add([tokenNumber(2), token])).rejects.toMatchObject({ code: 'INTERNAL' })
      expect(await allTokens(store)).toEqual([token])
    })

    it('are not dropped while a session that they opened is there: a revoke must find it', async () => {
      const store = await open(await place())
      await store.tokens.add([token])
      const session = aSession({ tokenHash: token.hash })
      await store.tokens.spend(token.hash, 'me', aUse(), session)
      expect(await store.tokens.drop([token.hash])).toBe(0)
      expect(await store.tokens.findById(token.id)).toMatchObject({ used: 1 })
      store.sessions.remove(session.id)
      expect(await store.tokens.drop([token.hash])).toBe(1)
    })

    it('that are dropped are gone for good, and counted once', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add(tokens(3))
      expect(await store.tokens.drop([token.hash, token.hash, tokenNumber(9).hash])).toBe(1)
      await store.close()
      const again = await open(directory)
      expect(await again.tokens.findByHash(token.hash)).toBeUndefined()
      expect(await again.tokens.findById(token.id)).toBeUndefined()
    })
  })

  describe('a spend', () => {
    it('counts the use and keeps the session, as one line of the journal', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add([token])
      const session = aSession({ tokenHash: token.hash })
      const answer = await store.tokens.spend(token.hash, 'me', aUse(), session)
      expect(answer).toMatchObject({ ok: true, token: { used: 1, firstUse: aUse(), lastUses: [aUse()] } })
      await store.close()

      const again = await open(directory)
      expect(await again.tokens.findByHash(token.hash)).toMatchObject({ used: 1 })
      expect(await again.sessions.all()).toEqual([session])
    })

    it('of a one-time token succeeds once among 1,000 at once', async () => {
      const store = await open(await place())
      await store.tokens.add([token])
      const holders = Array.from({ length: 1000 }, (_, n) => `holder ${n}`)
      const answers = await Promise.all(holders.map((holder) => store.tokens.spend(token.hash, holder, aUse(), null)))
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1)
      expect(answers.filter((answer) => !answer.ok && answer.code === 'TOKEN_USED')).toHaveLength(999)
    })

    it('of a token with three uses succeeds three times among 1,000 at once, reserved first or not', async () => {
      const store = await open(await place())
      await store.tokens.add([tokenNumber(3, { uses: 3 })])
      const { hash } = tokenNumber(3)
      const use = async (n: number) => {
        const reserved = n % 2 === 0 ? await store.tokens.reserve(hash, `holder ${n}`, SECOND) : { ok: true }
        return reserved.ok ? store.tokens.spend(hash, `holder ${n}`, aUse(), null) : reserved
      }
      const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => use(n)))
      expect(answers.filter((answer) => answer.ok)).toHaveLength(3)
    })

    it('is refused for what is unknown, expired or revoked', async () => {
      const store = await open(await place())
      await store.tokens.add([tokenNumber(1, { expireDate: NOW }), tokenNumber(2)])
      await store.tokens.revoke([tokenNumber(2).hash], NOW)
      const codes = [1, 2, 3].map(async (number) => {
        const answer = await store.tokens.spend(tokenNumber(number).hash, 'me', aUse(), null)
        return answer.ok ? 'OK' : answer.code
      })
      expect(await Promise.all(codes)).toEqual(['TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_UNKNOWN'])
    })
  })

  describe('a reservation', () => {
    it('keeps others out, with a hint when to come again, and lets its holder spend', async () => {
      const store = await open(await place(), { monotonic: () => 0 })
      await store.tokens.add([token])
      expect(await store.tokens.reserve(token.hash, 'me', SECOND)).toEqual({ ok: true, token })
      for (const answer of [
        await store.tokens.reserve(token.hash, 'other', SECOND),
        await store.tokens.spend(token.hash, 'other', aUse(), null),
      ]) {
        expect(answer).toMatchObject({ ok: false, code: 'TOKEN_RESERVED', tokenId: token.id, retryAfter: 1 })
      }
      expect(await store.tokens.spend(token.hash, 'me', aUse(), null)).toMatchObject({ ok: true })
      expect(await store.tokens.reserve(token.hash, 'other', SECOND)).toMatchObject({ code: 'TOKEN_USED' })
    })

    it('that is released holds no longer', async () => {
      const store = await open(await place())
      await store.tokens.add([token])
      await store.tokens.reserve(token.hash, 'me', SECOND)
      await store.tokens.release(token.hash, 'me')
      await store.tokens.release(token.hash, 'nobody')
      expect(await store.tokens.reserve(token.hash, 'other', SECOND)).toMatchObject({ ok: true })
    })

    it('that timed out holds no longer, and its holder spends only if a use is left', async () => {
      let time = 0
      const store = await open(await place(), { monotonic: () => time })
      await store.tokens.add([token])
      await store.tokens.reserve(token.hash, 'slow', SECOND)
      time += SECOND
      expect(await store.tokens.reserve(token.hash, 'quick', SECOND)).toMatchObject({ ok: true })
      expect(await store.tokens.spend(token.hash, 'slow', aUse(), null)).toMatchObject({ code: 'TOKEN_RESERVED' })
      await store.tokens.release(token.hash, 'quick')
      expect(await store.tokens.spend(token.hash, 'slow', aUse(), null)).toMatchObject({ ok: true })
    })

    it('holds one use of several, and none of an unlimited token', async () => {
      const store = await open(await place(), { monotonic: () => 0 })
      await store.tokens.add([tokenNumber(2, { uses: 2 }), tokenNumber(3, { uses: null })])
      const reserve = async (number: number, holder: string) =>
        (await store.tokens.reserve(tokenNumber(number).hash, holder, SECOND)).ok
      expect([await reserve(2, 'a'), await reserve(2, 'b'), await reserve(2, 'a'), await reserve(2, 'c')]).toEqual([
        true,
        true,
        true,
        false,
      ])
      expect([await reserve(3, 'a'), await reserve(3, 'b')]).toEqual([true, true])
    })

    it('is forgotten with the process', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add([token])
      await store.tokens.reserve(token.hash, 'me', 60 * SECOND)
      await store.close()
      const again = await open(directory)
      expect(await again.tokens.reserve(token.hash, 'other', SECOND)).toMatchObject({ ok: true })
    })
  })

  describe('a revocation', () => {
    it('tells which tokens it changed, and ends the reservations it finds', async () => {
      const store = await open(await place())
      await store.tokens.add(tokens(2))
      await store.tokens.reserve(token.hash, 'me', SECOND)
      const changed = await store.tokens.revoke([token.hash, tokenNumber(9).hash], NOW)
      expect(changed).toEqual([{ ...token, revokedAt: NOW }])
      expect(await store.tokens.revoke([token.hash], NOW + 5)).toEqual([])
      expect(await store.tokens.spend(token.hash, 'me', aUse(), null)).toMatchObject({ code: 'TOKEN_REVOKED' })
    })

    it('takes the sessions that the token opened with it', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add(tokens(2))
      for (const { hash } of tokens(2)) {
        await store.tokens.spend(hash, 'me', aUse(), aSession({ id: `ss_${hash.slice(0, 12)}`, tokenHash: hash }))
      }
      await store.tokens.revoke([token.hash], NOW)
      expect(await store.sessions.all()).toMatchObject([{ tokenHash: tokenNumber(0).hash }])
    })
  })

  describe('sessions', () => {
    it('that are put or removed are so after a close', async () => {
      const directory = await place()
      const store = await open(directory)
      const opened = (id: string) => aSession({ id, tokenHash: token.hash })
      const [kept, gone] = [opened('ss_aaaaaaaaaaaa'), opened('ss_bbbbbbbbbbbb')]
      await store.tokens.add([{ ...token, uses: null }])
      for (const session of [kept, gone]) await store.tokens.spend(token.hash, 'me', aUse(), session)
      store.sessions.put({ ...kept, lastSeen: NOW + 9 })
      store.sessions.remove(gone.id)
      store.sessions.remove('ss_cccccccccccc')
      await store.close()
      const again = await open(directory)
      expect(await again.sessions.all()).toEqual([{ ...kept, lastSeen: NOW + 9 }])
    })

    it('that a revoke took away do not come back as their clients leave', async () => {
      const store = await open(await place())
      await store.tokens.add([token])
      const session = aSession({ tokenHash: token.hash })
      await store.tokens.spend(token.hash, 'me', aUse(), session)
      const revoked = store.tokens.revoke([token.hash], NOW)
      store.sessions.put({ ...session, lostAt: NOW })
      await revoked
      expect(await store.sessions.all()).toEqual([])
    })

    it('that end while their spend is being written stay ended', async () => {
      const directory = await place()
      const store = await open(directory)
      await store.tokens.add([token])
      const session = aSession({ tokenHash: token.hash })
      const spent = store.tokens.spend(token.hash, 'me', aUse(), session)
      store.sessions.remove(session.id)
      await spent
      await store.close()
      const again = await open(directory)
      expect(await again.sessions.all()).toEqual([])
    })
  })

  describe('a closed store', () => {
    it('answers nothing any more and may be closed again', async () => {
      const store = await open(await place())
      await store.close()
      await store.close()
      await expect(store.tokens.add([token])).rejects.toMatchObject({ code: 'STORE_FAILED' })
      await expect(store.tokens.findByHash(token.hash)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      await expect(allTokens(store)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    })
  })
})
