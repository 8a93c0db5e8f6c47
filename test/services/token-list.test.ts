import { describe, expect, it } from 'vitest'
import { tokenPages } from '../../src/cli/token-pages.ts'
import type { StoreOperations, TokenFilter } from '../../src/services/operations.ts'
import { aHouse } from '../support/services.ts'
import { NOW } from '../support/tokens.ts'

const MANY = 2300

/** A house with so many tokens of three streams, some made in the same second. */
async function aFullHouse() {
  const house = await aHouse()
  const template = { app: 'LiveApp', type: 'play' } as const
  for (let made = 0; made < MANY; made += 230) {
    house.time.now = NOW + made
    const streamId = `cam${made % 3}`
    await house.operations.createTokens({ ...template, streamId, count: 230, expireDate: NOW + 9999 - (made % 460) })
  }
  return house
}

async function idsOf(operations: StoreOperations, filter: TokenFilter): Promise<string[]> {
  const ids: string[] = []
  for await (const page of tokenPages(operations, filter)) ids.push(...page.map(({ id }) => id))
  return ids
}

describe('a list of more tokens than one page holds', () => {
  it('has every token once and in order, whatever the order', async () => {
    const { operations, store } = await aFullHouse()
    for (const sort of ['created', 'newest', 'expires', 'stream'] as const) {
      const all = (await operations.listTokens({ sort })).map(({ id }) => id)
      expect(new Set(all).size).toBe(MANY)
      expect(await idsOf(operations, { sort })).toEqual(all)
      expect(await idsOf(operations, { sort, limit: 2100 })).toEqual(all.slice(0, 2100))
      const part = await operations.listTokens({ sort, offset: 700, limit: 5 })
      expect(part.map(({ id }) => id)).toEqual(all.slice(700, 705))
    }
    await store.close()
  })

  it('holds to its filter', async () => {
    const { operations, store } = await aFullHouse()
    const ofStream = await operations.listTokens({ streamId: 'cam1', limit: 1000 })
    expect(ofStream).toHaveLength(690)
    expect(await operations.listTokens({ streamId: 'cam', limit: 1 })).toEqual([])
    expect(await operations.listTokens({ state: ['used', 'revoked'], limit: 1 })).toEqual([])
    await store.close()
  })
})

describe('work on a great many tokens', () => {
  it('revokes all of a stream and none besides', async () => {
    const { operations, store } = await aFullHouse()
    const { revoked } = await operations.revokeTokens({ stream: { app: 'LiveApp', streamId: 'cam0' } })
    expect(revoked).toHaveLength(920)
    expect((await operations.listTokens({ state: 'revoked' })).map(({ id }) => id).sort()).toEqual(revoked.toSorted())
    expect((await operations.revokeTokens({ all: true })).already).toHaveLength(920)
    await store.close()
  })

  it('forgets all that have ended, and only those', async () => {
    const { operations, store } = await aFullHouse()
    await operations.revokeTokens({ stream: { app: 'LiveApp', streamId: 'cam0' } })
    expect(await operations.pruneTokens({ older: 0 })).toEqual({ pruned: 920 })
    expect(await operations.inspectTokens()).toEqual({ tokens: MANY - 920 })
    await store.close()
  })
})
