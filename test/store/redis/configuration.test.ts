import { expect, it } from 'vitest'
import type { User } from '../../../src/domain/user.ts'
import type { Store } from '../../../src/services/ports.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, sharedRedis } from '../../support/redis.ts'
import { NOW } from '../../support/tokens.ts'

const aUser = (name: string, id: string): User => ({
  ...{ id: `us_${id.padStart(12, '0')}`, name, role: 'admin', createdAt: NOW },
  password: `scrypt$15$8$1$${'a'.repeat(22)}==$${'b'.repeat(43)}=`,
})

const CHANGED = { code: 'STORE_FAILED', message: expect.stringContaining('changed on another machine') }

describeWith(['redis-server'], 'users that several machines change', () => {
  const redis = sharedRedis()

  async function twoStores(): Promise<[Store, Store]> {
    const url = redis().newUrl()
    return [await aRedisStore(url), await aRedisStore(url)]
  }

  const names = ({ configuration }: Store) => configuration.current.users?.map(({ name }) => name)

  function add({ configuration }: Store, ...users: readonly User[]): Promise<void> {
    const { current } = configuration
    return configuration.write({ ...current, users: [...(current.users ?? []), ...users] })
  }

  it('are refused to whoever did not know of the others, though it reads of them before its turn to write', async () => {
    const [one, two] = await twoStores()
    await add(one, aUser('admin', '1'))
    const reading = two.configuration.reload()
    await expect(add(two, aUser('admin', '2'))).rejects.toMatchObject(CHANGED)
    await reading
    expect(names(two)).toEqual(['admin'])
    await add(two, aUser('other', '2'))
    await one.configuration.reload()
    expect(names(one)).toEqual(['admin', 'other'])
  })

  it('are changed many at once, and none on what came to nothing', async () => {
    const [one, two] = await twoStores()
    await Promise.all([add(one, aUser('a', '1')), add(one, aUser('b', '2')), add(one, aUser('c', '3'))])
    const outcomes = await Promise.allSettled([add(two, aUser('d', '4')), add(two, aUser('e', '5'))])
    expect(outcomes).toMatchObject(Array(2).fill({ reason: CHANGED }))
    expect(names(two)).toEqual(['a', 'b', 'c'])
  })

  it('are not in the way of settings', async () => {
    const [one, two] = await twoStores()
    await add(one, aUser('admin', '1'))
    await two.configuration.write({ ...two.configuration.current, settings: { 'guess-limit': '7' } })
    expect(names(two)).toEqual(['admin'])
    expect(two.configuration.current.settings).toEqual({ 'guess-limit': '7' })
  })
})
