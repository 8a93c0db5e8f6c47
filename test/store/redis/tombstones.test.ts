import { expect, it } from 'vitest'
import { TOMBSTONE_KEPT, tombstoneOf } from '../../../src/store/redis/keys.ts'
import { eventually } from '../../support/eventually.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, sharedRedis } from '../../support/redis.ts'
import { aSession, aUse, tokenNumber } from '../../support/store.ts'
import { NOW } from '../../support/tokens.ts'

const token = tokenNumber(1, { uses: 5 })
const session = aSession({ tokenHash: token.hash })
const other = aSession({ tokenHash: token.hash, id: 'ss_bbbbbbbbbbbb' })

describeWith(['redis-server'], 'how sessions were ended on purpose, in Redis', () => {
  const redis = sharedRedis()

  async function twoSessions(retention: number) {
    const url = redis().newUrl()
    const store = await aRedisStore(url, { retention })
    const sessions = store.shared?.sessions
    if (!sessions) throw new Error('the store is shared')
    await store.tokens.add([token])
    for (const one of [session, other]) await store.tokens.spend(token.hash, one.id, aUse(), one)
    const ends = () => Promise.all([session, other].map((one) => sessions.endOf(one)))
    const kept = (id: string) => redis().ask(url, (server) => server.ttl(tombstoneOf(token.hash, id)))
    return { url, store, sessions, ends, kept }
  }

  it('is known of all that a revoked token has opened, though the token is not kept at all', async () => {
    const { store, ends, kept } = await twoSessions(0)
    expect(await ends()).toEqual([undefined, undefined])
    await store.tokens.revoke([token.hash], Math.floor(Date.now() / 1000))
    expect(await store.tokens.drop([token.hash])).toBe(1)
    expect(await ends()).toEqual(['revoked', 'revoked'])
    expect(await kept('*')).toBeGreaterThan(TOMBSTONE_KEPT - 60)
  })

  it('is known of the one session that was kicked, and of none that left', async () => {
    const { store, sessions, ends, kept } = await twoSessions(100)
    store.sessions.remove(other.id, 'ended')
    store.sessions.remove(session.id, 'kicked')
    await eventually(async () => ((await sessions.everywhere()).length === 0 ? true : undefined))
    expect(await ends()).toEqual(['kicked', undefined])
    expect(await kept(session.id)).toBeGreaterThan(TOMBSTONE_KEPT - 60)
  })

  it('leaves to another node what it has, but for what is kicked', async () => {
    const { url, store, sessions } = await twoSessions(100)
    const two = await aRedisStore(url, { node: 'two' })
    for (const one of [session, other]) two.sessions.put(one)
    expect((await sessions.everywhere()).map(({ node }) => node)).toEqual(['one', 'one'])
    for (const one of [session, other]) two.sessions.put(one, true)
    const owners = async () => (await sessions.everywhere()).map(({ node }) => node)
    await eventually(async () => ((await owners()).includes('one') ? undefined : true))
    store.sessions.remove(other.id, 'lost')
    store.sessions.remove(session.id, 'kicked')
    await eventually(async () => ((await owners()).length === 1 ? true : undefined))
    expect(await sessions.withId(other.id)).toMatchObject({ node: 'two' })
  })

  it('is not kept of a token that opened nothing', async () => {
    const url = redis().newUrl()
    const store = await aRedisStore(url)
    await store.tokens.add([token])
    await store.tokens.revoke([token.hash], NOW)
    await store.tokens.drop([token.hash])
    expect(await redis().ask(url, (server) => server.keys('*'))).toEqual([])
  })
})
