import { mkdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { JSONFile } from 'lowdb/node'
import { describe, expect, it } from 'vitest'
import type { Token } from '../../src/domain/token.ts'
import type { Store } from '../../src/services/ports.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { allTokens, aSession, aStore, aUse, contentsOf, tokenNumber, tokens } from '../support/store.ts'
import { NOW } from '../support/tokens.ts'

async function namesIn(directory: string): Promise<string[]> {
  return Object.keys(await contentsOf(directory))
}

function byHash(a: Token, b: Token): number {
  return a.hash < b.hash ? -1 : 1
}

/** Mints the tokens `from` to `to` and spends every other one, many at once. */
async function fill(store: Store, from: number, to: number): Promise<void> {
  const work = Array.from({ length: to - from }, async (_, index) => {
    const token = tokenNumber(from + index)
    await store.tokens.add([token])
    if (index % 2 === 1) return
    const session = aSession({ id: `ss_${token.id.slice(3)}`, tokenHash: token.hash })
    await store.tokens.spend(token.hash, 'me', aUse(), session)
  })
  await Promise.all(work)
}

describe('a journal that has grown long', () => {
  it('becomes a snapshot sorted by key, which lowdb reads, and an empty journal of the next generation', async () => {
    const directory = await temporaryDirectory()
    const store = await aStore(directory, { journalLimit: 10_000 })
    await store.tokens.add(tokens(100))
    await store.close()
    expect(await namesIn(directory)).toEqual(['tokens.journal-1.ndjson', 'tokens.json'])
    expect(await readFile(join(directory, 'tokens.journal-1.ndjson'), 'utf8')).toBe('')

    type Snapshot = { v: number; gen: number; tokens: [string, object][] }
    const snapshot = await new JSONFile<Snapshot>(join(directory, 'tokens.json')).read()
    expect(snapshot).toMatchObject({ v: 1, gen: 1 })
    const { hash, ...record } = tokens(100).sort(byHash)[0] ?? tokenNumber(0)
    expect(snapshot?.tokens[0]?.slice(0, 2)).toEqual([hash, record])
    expect(snapshot?.tokens.map(([key]) => key)).toEqual(
      tokens(100)
        .map((token) => token.hash)
        .sort(),
    )
  })

  it('is compacted many times beside mints and spends, of which none is lost', async () => {
    const directory = await temporaryDirectory()
    const store = await aStore(directory, { journalLimit: 20_000 })
    for (let from = 0; from < 1000; from += 100) await fill(store, from, from + 100)
    const before = (await allTokens(store)).sort(byHash)
    const sessions = await store.sessions.all()
    await store.close()
    expect(before).toHaveLength(1000)
    expect(sessions).toHaveLength(500)
    expect((await namesIn(directory)).find((name) => name.includes('journal'))).not.toBe('tokens.journal-0.ndjson')

    const again = await aStore(directory)
    expect((await allTokens(again)).sort(byHash)).toEqual(before)
    expect(new Set(await again.sessions.all())).toEqual(new Set(sessions))
  })

  it('leaves out the tokens that ended longer ago than the retention, and no others', async () => {
    const directory = await temporaryDirectory()
    let now = NOW
    const store = await aStore(directory, { now: () => now, journalLimit: 1000 })
    await store.configuration.write({ settings: { retention: '1h' }, apiKeys: [] })
    await store.tokens.add([
      tokenNumber(1, { expireDate: NOW + 10 }),
      tokenNumber(2, { revokedAt: NOW - 10 }),
      tokenNumber(3),
      tokenNumber(4, { used: 1, lastUses: [aUse()] }),
      tokenNumber(5, { uses: 2, used: 1, expireDate: NOW + 1 }),
    ])
    await store.tokens.spend(tokenNumber(5).hash, 'me', aUse(), aSession({ tokenHash: tokenNumber(5).hash }))
    now = NOW + 3602
    for (let number = 10; number < 20; number++) await store.tokens.add([tokenNumber(number)])
    const kept = async (of: Store) => (await allTokens(of)).map(({ id }) => id).sort()
    const expected = [1, 3, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map((number) => tokenNumber(number).id)
    await eventually(async () => ((await kept(store)).length === expected.length ? true : undefined))
    expect(await kept(store)).toEqual(expected)
    await store.close()
    expect(await kept(await aStore(directory))).toEqual(expected)
  })
})

describe('a compaction that fails', () => {
  it('loses nothing and is made up for later', async () => {
    const directory = await temporaryDirectory()
    const obstacle = join(directory, 'tokens.json.tmp')
    const store = await aStore(directory, { journalLimit: 20_000 })
    await mkdir(obstacle)
    await fill(store, 0, 200)
    await store.close()
    await rmdir(obstacle)
    expect((await namesIn(directory)).length).toBeGreaterThan(2)

    const again = await aStore(directory, { journalLimit: 20_000 })
    expect(await allTokens(again)).toHaveLength(200)
    await fill(again, 200, 201)
    await again.close()
    expect(await namesIn(directory)).toHaveLength(2)
    expect(await allTokens(await aStore(directory))).toHaveLength(201)
  })
})
