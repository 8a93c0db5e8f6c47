import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { importLines } from '../../src/cli/token-import.ts'
import type { Token } from '../../src/domain/token.ts'
import type { StoreOperations } from '../../src/services/operations.ts'
import { aHouse } from '../support/services.ts'

const ORDER = { app: 'LiveApp', streamId: 'cam', type: 'play', note: 'Bühne "A"', count: 1200 } as const

async function exportAll(operations: StoreOperations, limit = 500): Promise<Token[]> {
  const all: Token[] = []
  for (;;) {
    const after = all.at(-1)?.hash
    const page = await operations.exportTokens({ limit, ...(after !== undefined && { after }) })
    all.push(...page)
    if (page.length < limit) return all
  }
}

function lines(tokens: readonly object[]): Readable {
  return Readable.from(tokens.map((token) => `${JSON.stringify(token)}\n`))
}

describe('an export', () => {
  it('has every token once, sorted, with its hash and without its secret', async () => {
    const { operations, store } = await aHouse()
    const minted = await operations.createTokens(ORDER)
    const exported = await exportAll(operations)
    expect(exported.map(({ id }) => id).sort()).toEqual(minted.map(({ id }) => id).sort())
    expect(exported.map(({ hash }) => hash)).toEqual(exported.map(({ hash }) => hash).sort())
    const text = JSON.stringify(exported)
    for (const { tokenId } of minted.slice(0, 50)) expect(text).not.toContain(tokenId)
    await store.close()
  })

  it('is stored elsewhere as it is, spent tokens spent', async () => {
    const [from, to] = [await aHouse(), await aHouse()]
    const [spent] = await from.operations.createTokens({ ...ORDER, count: 30 })
    const question = { token: spent?.tokenId ?? '', app: 'LiveApp', streamId: 'cam', type: 'play', ip: null } as const
    expect(await from.operations.redeemToken(question)).toMatchObject({ valid: true })
    const exported = await exportAll(from.operations)
    expect(await importLines(to.operations, lines(exported))).toEqual({ imported: 30, skipped: 0 })
    expect(await exportAll(to.operations)).toEqual(exported)
    expect(await to.operations.redeemToken(question)).toMatchObject({ valid: false, code: 'TOKEN_USED' })
    await from.store.close()
    await to.store.close()
  })
})

describe('an import', () => {
  it('stops at a token that is stored already, naming it, its lines, and how many it took', async () => {
    const [from, to] = [await aHouse(), await aHouse()]
    await from.operations.createTokens(ORDER)
    const exported = await exportAll(from.operations)
    const known = exported[700]
    await to.operations.importTokens({ tokens: known ? [known] : [] })
    await expect(importLines(to.operations, lines(exported))).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `token ${known?.id} is stored already; of lines 501 to 1000 none was taken; imported before: 500`,
    })
    expect(await to.operations.inspectTokens()).toEqual({ tokens: 501 })
    await from.store.close()
    await to.store.close()
  })

  it('brings back nothing that was spent or revoked since the export', async () => {
    const { operations, store } = await aHouse()
    const [spent, revoked] = await operations.createTokens({ ...ORDER, count: 2 })
    const exported = await exportAll(operations)
    const question = { token: spent?.tokenId ?? '', app: 'LiveApp', streamId: 'cam', type: 'play', ip: null } as const
    await operations.redeemToken(question)
    await operations.revokeTokens({ refs: [revoked?.id ?? ''] })
    const since = await exportAll(operations)
    expect(since).not.toEqual(exported)
    await expect(importLines(operations, lines(exported))).rejects.toMatchObject({ code: 'BAD_VALUE' })
    expect(await importLines(operations, lines(exported), true)).toEqual({ imported: 0, skipped: 2 })
    expect(await exportAll(operations)).toEqual(since)
    expect(await operations.redeemToken(question)).toMatchObject({ valid: false, code: 'TOKEN_USED' })
    await store.close()
  })

  it('that was interrupted has taken whole batches, and is gone on with over what is stored', async () => {
    const [from, to] = [await aHouse(), await aHouse()]
    await from.operations.createTokens(ORDER)
    const exported = await exportAll(from.operations)
    const broken = Readable.from(
      (async function* () {
        yield* lines(exported.slice(0, 1100))
        throw new Error('the disk is gone')
      })(),
    )
    await expect(importLines(to.operations, broken)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: 'standard input cannot be read: the disk is gone; imported before: 1000',
    })
    expect(await to.operations.inspectTokens()).toEqual({ tokens: 1000 })
    expect(await importLines(to.operations, lines(exported), true)).toEqual({ imported: 200, skipped: 1000 })
    expect(await exportAll(to.operations)).toEqual(exported)
    await from.store.close()
    await to.store.close()
  })

  it('stops at a line that cannot be read, names it, and has taken the batches before it', async () => {
    const [from, to] = [await aHouse(), await aHouse()]
    await from.operations.createTokens(ORDER)
    const exported: object[] = await exportAll(from.operations)
    exported[699] = { ...exported[699], type: 'watch' }
    await expect(importLines(to.operations, lines(exported))).rejects.toThrow(
      /^line 700: type of tk_\w{12} must be publish or play; imported before: 500$/,
    )
    expect(await to.operations.inspectTokens()).toEqual({ tokens: 500 })
    await from.store.close()
    await to.store.close()
  })

  const bad: [string, (token: Token) => object][] = [
    ['no object', () => [1]],
    ['a hash that is none', (token) => ({ ...token, hash: 'secret' })],
    ['an id that is none', (token) => ({ ...token, id: '__proto__' })],
    ['a type of another case', (token) => ({ ...token, type: 'Play' })],
    ['a stream id from a path', (token) => ({ ...token, streamId: '../cam' })],
    ['a use count that is text', (token) => ({ ...token, used: '0' })],
    ['fewer uses than one', (token) => ({ ...token, uses: 0 })],
    ['no use count, which might be any', ({ uses: _, ...token }) => token],
    ['no time of expiry', ({ expireDate: _, ...token }) => token],
    ['no word of a revocation', ({ revokedAt: _, ...token }) => token],
    ['an address that is a number', (token) => ({ ...token, ip: 167772161 })],
    ['a use without a protocol', (token) => ({ ...token, lastUses: [{ at: 1, streamId: 'cam' }] })],
  ]

  it.each(bad)('refuses %s', async (_, spoil) => {
    const { operations, store } = await aHouse()
    const token = await aStoredToken()
    await expect(importLines(operations, lines([spoil(token)]))).rejects.toMatchObject({ code: 'BAD_VALUE' })
    expect(await operations.inspectTokens()).toEqual({ tokens: 0 })
    await store.close()
  })

  it('refuses a token that comes twice, and text that is no JSON', async () => {
    const { operations, store } = await aHouse()
    const token = await aStoredToken()
    await expect(importLines(operations, lines([token, token]))).rejects.toThrow('comes twice')
    await expect(importLines(operations, Readable.from(['{"hash":\n']))).rejects.toThrow('line 1 is no JSON')
    await store.close()
  })
})

async function aStoredToken(): Promise<Token> {
  const { operations, store } = await aHouse()
  await operations.createTokens({ ...ORDER, count: 1 })
  const [token] = await exportAll(operations)
  await store.close()
  if (!token) throw new Error('there is a token')
  return token
}
