import { expect, it } from 'vitest'
import type { MintOrder } from '../../src/services/operations.ts'
import { aHouse } from '../support/services.ts'

const bad: [string, object][] = [
  ['a type of another case', { type: 'Play' }],
  ['an expireDate that is text', { expireDate: 'soon' }],
  ['an expireDate beyond all counting', { expireDate: 1e300 }],
  ['a not-before of half a second', { notBefore: 1.5, expireDate: null }],
  ['a not-before after the expireDate', { notBefore: 2_000_000_001, expireDate: 2_000_000_000 }],
  ['no use', { uses: 0 }],
  ['more than a million uses', { uses: 1_000_001 }],
  ['more than 10,000 tokens at once', { count: 10_001 }],
  ['a session of no time', { maxSession: 0 }],
  ['a note of 257 characters', { note: 'x'.repeat(257) }],
  ['a note that is no text', { note: { length: 1 } }],
  ['a reserved app', { app: 'rest' }],
  ['a stream id from a path', { streamId: '../cam' }],
  ['no address', { ip: '10/8' }],
]

it.each(bad)('no token is minted with %s', async (_, changes) => {
  const { operations, store } = await aHouse()
  const order = { app: 'LiveApp', streamId: 'cam', type: 'play', ...changes } as MintOrder
  await expect(operations.createTokens(order)).rejects.toMatchObject({ code: 'BAD_VALUE' })
  expect(await operations.listTokens({})).toEqual([])
  await store.close()
})
