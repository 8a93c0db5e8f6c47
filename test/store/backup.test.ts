import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SnapshotFile } from '../../src/store/snapshot-file.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { allTokens, aSession, aStore, aUse, tokenNumber, tokens } from '../support/store.ts'

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

describe('a backup', () => {
  it('opens as the store did at that moment, sessions and settings included, and is for its owner only', async () => {
    const directory = await temporaryDirectory()
    const target = join(await temporaryDirectory(), 'copy')
    const store = await aStore(directory, { journalLimit: 20_000 })
    await store.tokens.add(tokens(100))
    const session = aSession({ tokenHash: tokenNumber(0).hash })
    await store.tokens.spend(tokenNumber(0).hash, 'me', aUse(), session)
    await store.tokens.drop([tokenNumber(1).hash])
    await store.configuration.write({ settings: { retention: '1h' }, apiKeys: [] })
    const before = (await allTokens(store)).sort(byId)
    const backedUp = store.backUp?.(target)
    await store.tokens.add([tokenNumber(500)])
    await backedUp
    expect((await stat(target)).mode & 0o777).toBe(0o700)

    const copy = await aStore(target)
    expect((await allTokens(copy)).filter(({ id }) => id !== tokenNumber(500).id).sort(byId)).toEqual(before)
    expect(await copy.sessions.all()).toEqual([session])
    expect(copy.configuration.current.settings).toEqual({ retention: '1h' })
    expect(await store.tokens.findById(tokenNumber(500).id)).toEqual(tokenNumber(500))
  })

  it('is whole however many compactions end meanwhile, and has all that was minted before it began', async () => {
    const store = await aStore(await temporaryDirectory(), { journalLimit: 1 })
    const targets = await temporaryDirectory()
    let minted = 0
    const writing = (async () => {
      for (; minted < 400; minted++) await store.tokens.add([tokenNumber(minted)])
    })()
    for (let round = 0; round < 12; round++) {
      const before = minted
      const target = join(targets, `copy${round}`)
      await store.backUp?.(target)
      const copy = await aStore(target)
      for (let number = 0; number < before; number++) {
        expect(await copy.tokens.findByHash(tokenNumber(number).hash)).toEqual(tokenNumber(number))
      }
    }
    await writing
  })

  it('never takes the place of anything', async () => {
    const store = await aStore(await temporaryDirectory())
    const target = join(await temporaryDirectory(), 'taken')
    await mkdir(target)
    await writeFile(join(target, 'mine'), 'x')
    await expect(store.backUp?.(target)).rejects.toMatchObject({ code: 'BAD_VALUE' })
    expect(await readdir(target)).toEqual(['mine'])
    await expect(store.backUp?.(join(target, 'no', 'parent'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await readdir(join(target, '..'))).toEqual(['taken'])
  })
})

describe('a snapshot that is held', () => {
  it('can be read to its end after its owner has closed it, as a compaction does', async () => {
    const directory = await temporaryDirectory()
    const store = await aStore(directory, { journalLimit: 1 })
    await store.tokens.add(tokens(5))
    await store.close()
    const snapshot = SnapshotFile.open(join(directory, 'tokens.json'))
    snapshot.hold()
    snapshot.close()
    let lines = 0
    for await (const group of snapshot.tokenLines()) lines += [...group].length
    expect(lines).toBe(5)
    snapshot.close()
    expect(() => snapshot.hold()).toThrow('closed')
  })
})
