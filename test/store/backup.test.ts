import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
