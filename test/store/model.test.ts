import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { tokenIdOf } from '../../src/domain/secret.ts'
import type { Token } from '../../src/domain/token.ts'
import type { Store } from '../../src/services/ports.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { numbersFrom } from '../support/seeded.ts'
import { allTokens, aStore, aUse, tokenNumber } from '../support/store.ts'
import { NOW } from '../support/tokens.ts'

type Model = Map<string, Token>

/** Tokens whose ids were made of their hashes, and some from before ids were made so. */
function nthToken(number: number): Token {
  const token = tokenNumber(number, { uses: 3, streamId: `cam${number % 7}`, createdAt: NOW - (number % 50) })
  return number % 10 === 0 ? token : { ...token, id: tokenIdOf(token.hash) }
}

function byHash(a: Token, b: Token): number {
  return a.hash < b.hash ? -1 : 1
}

/** One change at random, made to both. */
async function change(store: Store, model: Model, random: () => number): Promise<void> {
  const known = [...model.values()]
  const token = known[Math.floor(random() * known.length)]
  const kind = random()
  if (!token || kind < 0.5) {
    const minted = nthToken(1_000_000 + Math.floor(random() * 1_000_000))
    const added = await store.tokens.add([minted]).catch(({ code }) => code)
    expect(added).toBe(model.has(minted.hash) ? 'INTERNAL' : undefined)
    if (added === undefined) model.set(minted.hash, minted)
  } else if (kind < 0.75) {
    const answer = await store.tokens.spend(token.hash, 'me', aUse(), null)
    expect(answer.ok).toBe(token.revokedAt === null && token.used < 3)
    if (answer.ok) model.set(token.hash, answer.token)
  } else if (kind < 0.85) {
    for (const revoked of await store.tokens.revoke([token.hash], NOW)) model.set(token.hash, revoked)
  } else {
    expect(await store.tokens.drop([token.hash])).toBe(1)
    model.delete(token.hash)
  }
}

/** Asks for everything in every way there is. */
async function expectSame(store: Store, model: Model, random: () => number): Promise<void> {
  expect((await allTokens(store)).sort(byHash)).toEqual([...model.values()].sort(byHash))
  for (const token of [...model.values()].filter(() => random() < 0.1)) {
    expect(await store.tokens.findByHash(token.hash)).toEqual(token)
    expect(await store.tokens.findById(token.id)).toEqual(token)
  }
  const stranger = nthToken(5_000_000)
  expect(await store.tokens.findByHash(stranger.hash)).toBeUndefined()
  expect(await store.tokens.findById(stranger.id)).toBeUndefined()
  const hint = { streamId: 'cam3', endedBy: NOW }
  const hinted = new Set<string>()
  for await (const { hash } of store.tokens.all(hint)) hinted.add(hash)
  const wanted = [...model.values()].filter(({ streamId, used, revokedAt }) => {
    return streamId === 'cam3' && (used === 3 || revokedAt !== null)
  })
  for (const { hash } of wanted) expect(hinted.has(hash)).toBe(true)
}

describe('a store does as a map does', () => {
  it.each([
    [0, 11],
    [1, 12],
    [2, 13],
    [1000, 14],
  ])('from %i tokens on, reopened and compacted in between (seed %i)', async (size, seed) => {
    const random = numbersFrom(seed)
    const directory = await temporaryDirectory()
    const model: Model = new Map()
    let store = await aStore(directory, { journalLimit: 1 })
    const first = Array.from({ length: size }, (_, number) => nthToken(number))
    await store.tokens.add(first)
    for (const token of first) model.set(token.hash, token)
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 25; n++) await change(store, model, random)
      await expectSame(store, model, random)
      await store.close()
      // Of two rounds one leaves a journal to replay.
      store = await aStore(directory, round % 2 === 0 ? {} : { journalLimit: 3000 })
      await expectSame(store, model, random)
    }
  })
})

/** A line as every version has written it, made without the store. */
function lineOf({ hash, ...record }: Token): string {
  const text = `["${hash}",${JSON.stringify(record)}`
  return `${text},"${crc32(text).toString(16).padStart(8, '0')}"]`
}

describe('a directory that an earlier version left', () => {
  it('opens as it is, and its tokens are found by the ids that they were given', async () => {
    const directory = await temporaryDirectory()
    const stored = [1, 2, 3].map((number) => tokenNumber(number)).sort(byHash)
    const text = `{"v":1,"gen":4,"tokens":[\n${stored.map(lineOf).join(',\n')}\n]}\n`
    await writeFile(join(directory, 'tokens.json'), text)
    await writeFile(join(directory, 'tokens.journal-4.ndjson'), '')
    await chmod(directory, 0o700)
    const store = await aStore(directory)
    for (const token of stored) expect(await store.tokens.findById(token.id)).toEqual(token)
    expect(await readFile(join(directory, 'tokens.json'), 'utf8')).toBe(text)
  })
})
