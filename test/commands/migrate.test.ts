import { expect, it } from 'vitest'
import StoreMigrate from '../../src/commands/store/migrate.ts'
import type { Token } from '../../src/domain/token.ts'
import { migrate } from '../../src/store/migration.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { aNode } from '../support/nodes.ts'
import { describeWith } from '../support/programs.ts'
import { aRedisStore, sharedRedis } from '../support/redis.ts'
import { runCommand } from '../support/run-command.ts'
import { allTokens, aSession, aStore, aUse, tokens } from '../support/store.ts'
import { NOW } from '../support/tokens.ts'

describeWith(['redis-server'], 'store migrate', () => {
  const redis = sharedRedis()

  it('moves everything to Redis and back, used tokens as used ones, and leaves none behind', async () => {
    const [dataDir, url] = [await temporaryDirectory(), redis().newUrl()]
    const before = await aStore(dataDir)
    const many = tokens(1500)
    await before.tokens.add(many)
    const [spent, revoked] = many
    if (!spent || !revoked) throw new Error('there are many')
    await before.tokens.spend(spent.hash, 'me', aUse(), aSession({ tokenHash: spent.hash }))
    await before.tokens.revoke([revoked.hash], NOW)
    const apiKeys = [{ id: 'ak_0123456789ab', hash: 'a'.repeat(64), note: null, createdAt: NOW }]
    await before.configuration.write({ settings: { 'guess-limit': '7' }, apiKeys })
    const stored = byHash(await allTokens(before))
    await before.close()

    const there = await runCommand(StoreMigrate, ['--to', url, '--data-dir', dataDir])
    expect(there).toMatchObject({ stdout: 'moved 1500 tokens, 1 setting, 1 API key, 0 users\n', exit: 0 })
    const shared = await aRedisStore(url, { node: null })
    expect(byHash(await allTokens(shared))).toEqual(stored)
    expect(shared.configuration.current).toEqual({ settings: { 'guess-limit': '7' }, apiKeys })
    const left = await aStore(dataDir)
    expect(await allTokens(left)).toEqual([])
    await left.close()

    const back = await temporaryDirectory()
    const again = await runCommand(StoreMigrate, ['--from', url, '--to', 'file', '--data-dir', back])
    expect(again).toMatchObject({ exit: 0 })
    expect(await allTokens(shared)).toEqual([])
    expect(byHash(await allTokens(await aStore(back)))).toEqual(stored)
  })

  it('leaves behind, and there alone, what somebody uses or revokes meanwhile, and says so', async () => {
    const url = redis().newUrl()
    const [from, other, to] = [await aRedisStore(url), await aRedisStore(url), await aStore(await temporaryDirectory())]
    const [spent, revoked, same] = tokens(3) as [Token, Token, Token]
    await from.tokens.add([spent, revoked, same])
    const add = to.tokens.add.bind(to.tokens)
    to.tokens.add = async (copies) => {
      await add(copies)
      expect(await other.tokens.spend(spent.hash, 'me', aUse(), null)).toMatchObject({ ok: true })
      await other.tokens.revoke([revoked.hash], NOW)
    }
    await expect(migrate(from, to)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/ stay where they were: 2$/),
    })
    expect(await allTokens(to)).toEqual([same])
    expect((await allTokens(from)).map(({ hash }) => hash).sort()).toEqual([spent.hash, revoked.hash].sort())
  })

  it('refuses a store that is not empty, that is the same, or that a daemon has', async () => {
    const [dataDir, full, busy] = [await temporaryDirectory(), redis().newUrl(), redis().newUrl()]
    const store = await aRedisStore(full)
    await store.tokens.add(tokens(1))
    await aNode(busy, 'one')
    for (const [flags, message] of [
      [['--to', full], /not empty/],
      [['--to', 'file'], /the same store/],
      [['--to', busy], /daemons have redis:.* open: one/],
    ] as const) {
      const refused = await runCommand(StoreMigrate, [...flags, '--data-dir', dataDir])
      expect(refused).toMatchObject({ exit: 2, stderr: expect.stringMatching(message) })
    }
    expect(await allTokens(store)).toHaveLength(1)
  })
})

function byHash(all: Awaited<ReturnType<typeof allTokens>>) {
  return all.sort((a, b) => (a.hash < b.hash ? -1 : 1))
}
