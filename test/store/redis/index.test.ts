import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { hashSecret, tokenIdOf } from '../../../src/domain/secret.ts'
import { Settings } from '../../../src/services/settings.ts'
import { Tokens } from '../../../src/services/tokens.ts'
import { slotOf, TOKENS, tokensOfStream, UNFORGOTTEN } from '../../../src/store/redis/keys.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, sharedRedis } from '../../support/redis.ts'
import { allTokens, aSession, aUse, tokenNumber } from '../../support/store.ts'
import { NOW } from '../../support/tokens.ts'

const RETENTION = 100

/** A token as it is minted, whose id is made of its hash. */
function minted(number: number) {
  const hash = hashSecret(`secret ${number}`)
  return tokenNumber(number, { hash, id: tokenIdOf(hash) })
}

describeWith(['redis-server'], 'what leads to tokens in Redis', () => {
  const redis = sharedRedis()

  it('finds each of many by its id, and lists all in the order of their hashes, from any of them on', async () => {
    const store = await aRedisStore(redis().newUrl())
    const many = [...Array.from({ length: 1200 }, (_, number) => minted(number)), tokenNumber(1200)]
    for (let from = 0; from < many.length; from += 200) await store.tokens.add(many.slice(from, from + 200))
    for (const token of [minted(0), minted(777), tokenNumber(1200)]) {
      expect(await store.tokens.findById(token.id)).toEqual(token)
    }
    const hashes = many.map(({ hash }) => hash).sort()
    expect((await allTokens(store)).map(({ hash }) => hash)).toEqual(hashes)
    const some: string[] = []
    const hint = { hashAfter: String(hashes[5]), hashUpTo: () => hashes[9] }
    for await (const { hash } of store.tokens.all(hint)) some.push(hash)
    expect(some).toEqual(hashes.slice(6, 10))
  })

  it('is tidied up where it leads to nothing', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url)
    const [gone, there] = [minted(1), minted(2)]
    await store.tokens.add([gone, there])
    await redis().ask(url, (server) => server.del(slotOf(gone.hash)[0]))
    const found: string[] = []
    for await (const { id } of store.tokens.all({ streamId: 'cam' })) found.push(id)
    expect(found).toEqual([there.id])
    const left = (key: string) => redis().ask(url, (server) => server.zrange(key, 0, -1))
    expect([await left(TOKENS), await left(tokensOfStream('cam'))]).toEqual([[there.hash], [there.hash]])
  })

  it('goes with the tokens that are dropped', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url)
    await store.tokens.add([minted(1), tokenNumber(2)])
    expect(await store.tokens.drop([minted(1).hash, tokenNumber(2).hash])).toBe(2)
    expect(await redis().ask(url, (server) => server.keys('*'))).toEqual([])
  })

  it('is kept as long as a token may be asked for, and a session is open', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url, { retention: RETENTION })
    const [expiring, lasting] = [tokenNumber(1, { expireDate: NOW + 50 }), tokenNumber(2)]
    const until = async (hash: string) => {
      const answers = await redis().ask(url, (server) => server.multi().time().pttl(slotOf(hash)[0]).exec())
      const [[, time], [, left]] = answers as unknown as [[null, [string, string]], [null, number]]
      return left < 0 ? null : Math.round(Number(time[0]) + Number(time[1]) / 1e6 + left / 1000)
    }
    await store.tokens.add([expiring, lasting])
    const after = RETENTION + UNFORGOTTEN
    expect([await until(expiring.hash), await until(lasting.hash)]).toEqual([NOW + 50 + after, null])
    const session = aSession({ tokenHash: lasting.hash })
    await store.tokens.spend(lasting.hash, 'me', aUse(), session)
    expect(await until(lasting.hash)).toBeNull()
    store.sessions.remove(session.id)
    await store.tokens.revoke([expiring.hash], NOW)
    expect([await until(expiring.hash), await until(lasting.hash)]).toEqual([NOW + 50 + after, NOW + after])
  })

  it('goes with tokens that nobody has asked for since they ended', async () => {
    const url = redis().newUrl()
    const time = { now: Math.floor(Date.now() / 1000) }
    const store = await aRedisStore(url, { now: () => time.now, retention: 1 })
    const brief = { createdAt: time.now, expireDate: time.now + 1 }
    await store.tokens.add([minted(1), tokenNumber(2)].map((token) => ({ ...token, ...brief })))
    await sleep(3000)
    time.now += 3
    const settings = new Settings(store.configuration)
    await settings.set('retention', '1s')
    await new Tokens(store.tokens, settings, { now: () => time.now }).forgetEnded()
    expect(await redis().ask(url, (server) => server.keys('amsctl:*'))).toEqual(['amsctl:cfg'])
  })

  it('says what became of a token with whose end its time is over', async () => {
    const now = () => Math.floor(Date.now() / 1000)
    const store = await aRedisStore(redis().newUrl(), { now, retention: 0 })
    const [spent, revoked] = [tokenNumber(1), tokenNumber(2)]
    await store.tokens.add([spent, revoked])
    expect(await store.tokens.spend(spent.hash, 'me', aUse({ at: now() }), null)).toMatchObject({ ok: true })
    expect(await store.tokens.revoke([revoked.hash], now())).toMatchObject([{ id: revoked.id }])
  })

  it('stays where the clock of the machine that revokes is late', async () => {
    const now = () => Math.floor(Date.now() / 1000)
    const store = await aRedisStore(redis().newUrl(), { now, retention: RETENTION })
    await store.tokens.add([tokenNumber(1)])
    const revoked = await store.tokens.revoke([tokenNumber(1).hash], now() - 30 * 86_400)
    expect(revoked.map(({ id }) => id)).toEqual([tokenNumber(1).id])
    expect(await allTokens(store)).toHaveLength(1)
  })
})
