import { expect, it, onTestFinished } from 'vitest'
import { hashSecret } from '../../../src/domain/secret.ts'
import { eventually } from '../../support/eventually.ts'
import { aNode } from '../../support/nodes.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, RedisServer, sharedRedis } from '../../support/redis.ts'
import { FakeConnection, tokenCredential } from '../../support/services.ts'
import { aSession, aUse, tokenNumber } from '../../support/store.ts'
import { TcpRelay } from '../../support/tcp-relay.ts'
import { aRequest, NOW } from '../../support/tokens.ts'

const token = tokenNumber(1)

describeWith(['redis-server'], 'without its Redis', () => {
  const redis = sharedRedis()

  it('nobody new is let in, who is in stays, and all is well again without a restart', async () => {
    const server = await RedisServer.start()
    try {
      const one = await aNode(server.newUrl(), 'one')
      const [first, second] = await one.operations.createTokens({
        app: 'LiveApp',
        streamId: 'cam',
        type: 'play',
        count: 2,
      })
      const ask = (secret = '') => one.gate.reserve(aRequest({ credential: tokenCredential(secret) }))
      const connection = new FakeConnection()
      const attempt = await ask(first?.tokenId ?? '')
      const admission = attempt.ok ? await attempt.spend(connection) : attempt
      const held = await ask(second?.tokenId ?? '')
      await server.kill()
      expect(await ask('nobody’s')).toMatchObject({ ok: false, code: 'STORE_FAILED' })
      if (!held.ok) throw new Error('it was held')
      expect(await held.spend(new FakeConnection())).toMatchObject({ ok: false, code: 'STORE_FAILED' })
      await expect(one.operations.listTokens({})).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(connection.closed).toEqual([])
      // Its end cannot be written now, and is later.
      if (admission.ok) admission.leave('ended')
      await server.begin()
      await eventually(async () => ((await ask(second?.tokenId ?? '')).ok ? true : undefined))
      await eventually(async () => ((await one.shared.sessions.everywhere()).length === 0 ? true : undefined))
    } finally {
      await server.stop()
    }
  })

  it('a spend or hold whose answer does not come in time fails and leaves the token unspent and free', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url)
    await store.tokens.add([token, tokenNumber(2, { uses: 3 }), tokenNumber(3)])
    await store.tokens.spend(tokenNumber(2).hash, 'earlier', aUse({ at: NOW - 1 }), null)
    redis().signal('SIGSTOP')
    onTestFinished(() => redis().signal('SIGCONT'))
    const started = performance.now()
    const spending = [token, tokenNumber(2)].map(({ hash }, index) =>
      store.tokens.spend(hash, `me ${index}`, aUse(), aSession({ id: `ss_00000000000${index}`, tokenHash: hash })),
    )
    const reserving = store.tokens.reserve(tokenNumber(3).hash, 'me', 15_000)
    const outcomes = await Promise.allSettled([...spending, reserving])
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(outcomes).toMatchObject(Array.from(outcomes, () => ({ reason: { code: 'STORE_FAILED' } })))
    redis().signal('SIGCONT')
    const other = await aRedisStore(url)
    await eventually(async () => {
      const { ok } = await other.tokens.reserve(tokenNumber(3).hash, 'other', 15_000)
      return ok || undefined
    }, 10_000)
    const unspent = await eventually(async () => {
      const found = await other.tokens.findByHash(token.hash)
      return found?.used === 0 ? found : undefined
    })
    expect(unspent).toEqual(token)
    expect(await other.tokens.findByHash(tokenNumber(2).hash)).toMatchObject({
      used: 1,
      lastUses: [aUse({ at: NOW - 1 })],
    })
    expect(await other.sessions.all()).toEqual([])
    expect(await other.tokens.spend(token.hash, 'other', aUse(), null)).toMatchObject({ ok: true })
  })

  it('a spend whose answer did not come is taken back before the store is closed', async () => {
    const url = redis().newUrl()
    const other = await aRedisStore(url)
    await other.tokens.add([token])
    const way = await TcpRelay.to(redis().port)
    const store = await aRedisStore(url.replace(/:\d+\//, `:${way.port}/`))
    way.mute()
    const spending = store.tokens.spend(token.hash, 'me', aUse(), null)
    await expect(spending).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.close()
    expect(await other.tokens.findByHash(token.hash)).toEqual(token)
  })

  it('a store is not opened, and the message names it and the reason, not the password', async () => {
    const nowhere = aRedisStore('redis://127.0.0.1:1/0', { password: 'sesame' })
    await expect(nowhere).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'redis://127.0.0.1:1/0 cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    })
    const outOfRange = aRedisStore(redis().newUrl().replace(/\d+$/, '5000'))
    await expect(outOfRange).rejects.toMatchObject({ code: 'STORE_FAILED', message: /out of range/ })
  })

  it('nothing is done in another database, where the server has that of the store no more', async () => {
    const server = await RedisServer.start()
    try {
      const first = server.newUrl()
      const store = await aRedisStore(server.newUrl())
      await server.kill()
      await server.begin('--appendonly', 'no', '--databases', '1')
      const tried = () =>
        store.tokens.mint([token]).then(
          () => 'done',
          ({ message }) => (message.includes('out of range') ? 'told' : undefined),
        )
      expect(await eventually(tried)).toBe('told')
      expect(await server.ask(first, (other) => other.keys('*'))).toEqual([])
    } finally {
      await server.stop()
    }
  })

  it('a password that is wrong or missing is told', async () => {
    const server = await RedisServer.start('--requirepass', 'sesame')
    try {
      const url = server.newUrl()
      await expect(aRedisStore(url)).rejects.toMatchObject({ message: expect.stringMatching(/NOAUTH/) })
      await expect(aRedisStore(url, { password: 'wrong' })).rejects.toMatchObject({ code: 'STORE_FAILED' })
      const store = await aRedisStore(url, { password: 'sesame' })
      expect(await store.tokens.findByHash(hashSecret('nobody’s'))).toBeUndefined()
    } finally {
      await server.stop()
    }
  })
})
