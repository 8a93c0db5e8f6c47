import { expect, it, onTestFinished, vi } from 'vitest'
import { hashSecret } from '../../../src/domain/secret.ts'
import { RedisClient } from '../../../src/store/redis/client.ts'
import { SESSIONS, slotOf } from '../../../src/store/redis/keys.ts'
import { encodeSession } from '../../../src/store/redis/record.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, sharedRedis } from '../../support/redis.ts'
import { aSession } from '../../support/store.ts'

const COUNT = 1000

describeWith(['redis-server'], 'sessions in Redis', () => {
  const redis = sharedRedis()

  /** Tells how many questions were open at once at most. */
  function countQuestions(): () => number {
    let [open, most] = [0, 0]
    const ask = RedisClient.prototype.ask
    const spy = vi.spyOn(RedisClient.prototype, 'ask').mockImplementation(function (this: RedisClient, question) {
      most = Math.max(most, ++open)
      return ask.call(this, question).finally(() => open--) as never
    })
    onTestFinished(() => spy.mockRestore())
    return () => most
  }

  it('are read so few at a time that the last is answered in time, however many there are', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url)
    const sessions = Array.from({ length: COUNT }, (_, number) =>
      aSession({ id: `ss_${String(number).padStart(12, '0')}`, tokenHash: hashSecret(`${number}`) }),
    )
    await redis().ask(url, async (server) => {
      const pipeline = server.pipeline()
      for (const session of sessions) {
        const hash = session.tokenHash ?? ''
        pipeline.hset(SESSIONS, session.id, hash)
        pipeline.hset(slotOf(hash)[2], session.id, encodeSession({ node: 'one', session }))
      }
      await pipeline.exec()
    })
    const most = countQuestions()
    expect(await store.sessions.all()).toHaveLength(COUNT)
    expect(most()).toBeLessThan(COUNT / 2)
  })
})
