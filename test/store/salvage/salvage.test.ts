import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { salvage } from '../../../src/store/salvage/salvage.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { allTokens, aSession, aStore, aUse, contentsOf, tokenNumber, tokens } from '../../support/store.ts'
import { NOW } from '../../support/tokens.ts'

const JOURNAL = 'tokens.journal-0.ndjson'
const LATER = NOW + 60

async function aTarget(): Promise<string> {
  return join(await temporaryDirectory(), 'sound')
}

/** Ten tokens in the snapshot, one of them spent. */
async function aCompactedDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  const store = await aStore(directory, { journalLimit: 1 })
  await store.tokens.add(tokens(10))
  await store.tokens.spend(tokenNumber(3).hash, 'me', aUse(), aSession({ tokenHash: tokenNumber(3).hash }))
  await store.configuration.write({ settings: { retention: '1h' }, apiKeys: [] })
  await store.close()
  return directory
}

/** Mint, spend, mint: three lines. */
async function aJournal(directory: string): Promise<void> {
  const store = await aStore(directory)
  await store.tokens.add([tokenNumber(0), tokenNumber(1)])
  await store.tokens.spend(tokenNumber(0).hash, 'me', aUse(), aSession({ tokenHash: tokenNumber(0).hash }))
  await store.tokens.add([tokenNumber(2)])
  await store.configuration.write({ settings: { 'token-control-play': 'off' }, apiKeys: [] })
  await store.close()
}

async function flipAt(path: string, find: string): Promise<void> {
  const bytes = await readFile(path)
  const at = bytes.indexOf(find)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

describe('a salvage', () => {
  it('of a sound store keeps everything: tokens, sessions, settings, audit', async () => {
    const directory = await aCompactedDirectory()
    await writeFile(join(directory, 'audit.ndjson'), '{"at":"2026-01-01T00:00:00.000Z","event":"mint","by":"cli"}\n')
    const target = await aTarget()
    const report = await salvage(directory, target, LATER)
    expect(report).toEqual({ directory: target, tokens: 10, barred: 0, sessions: 1, settingsKept: true, losses: [] })
    expect((await stat(target)).mode & 0o777).toBe(0o700)
    const [before, after] = [await aStore(directory), await aStore(target)]
    expect(await allTokens(after)).toEqual(await allTokens(before))
    expect(await after.sessions.all()).toEqual(await before.sessions.all())
    expect(after.configuration.current.settings).toEqual({ retention: '1h' })
    expect(await readFile(join(target, 'audit.ndjson'), 'utf8')).toContain('mint')
  })

  it('of a snapshot with one bad line loses that token alone', async () => {
    const directory = await aCompactedDirectory()
    await flipAt(join(directory, 'tokens.json'), tokenNumber(5).hash)
    const target = await aTarget()
    const { losses, ...counts } = await salvage(directory, target, LATER)
    expect(counts).toMatchObject({ tokens: 9, barred: 0, sessions: 1 })
    expect(losses).toEqual([expect.objectContaining({ file: 'tokens.json', what: 'the checksum is wrong' })])
    const store = await aStore(target)
    expect(await store.tokens.findByHash(tokenNumber(5).hash)).toBeUndefined()
    expect(await store.tokens.findByHash(tokenNumber(4).hash)).toEqual(tokenNumber(4))
    expect(await store.tokens.findByHash(tokenNumber(3).hash)).toMatchObject({ used: 1 })
  })

  it('revokes what may have been spent in a line of the journal that is lost, and keeps what came after it', async () => {
    const directory = await temporaryDirectory()
    await aJournal(directory)
    await flipAt(join(directory, JOURNAL), '"firstUse":{')
    const target = await aTarget()
    const before = await contentsOf(directory)
    const report = await salvage(directory, target, LATER)
    expect(report).toMatchObject({ tokens: 3, barred: 2, sessions: 0 })
    expect(report.losses).toEqual([
      { file: JOURNAL, line: 2, byte: expect.any(Number), bytes: expect.any(Number), what: 'the checksum is wrong' },
    ])
    expect(await contentsOf(directory)).toEqual(before)
    const store = await aStore(target)
    for (const number of [0, 1]) {
      expect(await store.tokens.findByHash(tokenNumber(number).hash)).toMatchObject({ revokedAt: LATER })
    }
    expect(await store.tokens.findByHash(tokenNumber(2).hash)).toEqual(tokenNumber(2))
    await store.tokens.add([tokenNumber(7)])
  })

  it('takes a journal whose end is torn for one that lost a line', async () => {
    const directory = await temporaryDirectory()
    await aJournal(directory)
    await truncate(join(directory, JOURNAL), (await readFile(join(directory, JOURNAL))).length - 5)
    expect(await salvage(directory, await aTarget(), LATER)).toMatchObject({ tokens: 2, barred: 1, sessions: 0 })
  })

  it('asks the audit about uses that a journal cut between two lines does not tell of', async () => {
    const directory = await temporaryDirectory()
    await aJournal(directory)
    const journal = await readFile(join(directory, JOURNAL))
    await truncate(join(directory, JOURNAL), journal.indexOf('\n') + 1)
    const told = [
      'no JSON',
      'null',
      JSON.stringify({ event: 'admit', tokenId: tokenNumber(0).id, sessionId: 'ss_000000000000' }),
    ]
    await writeFile(join(directory, 'audit.ndjson'), told.map((line) => `${line}\n`).join(''))
    const target = await aTarget()
    expect(await salvage(directory, target, LATER)).toMatchObject({ tokens: 2, barred: 1, losses: [] })
    const store = await aStore(target)
    expect(await store.tokens.findByHash(tokenNumber(0).hash)).toMatchObject({ revokedAt: LATER })
    expect(await store.tokens.findByHash(tokenNumber(1).hash)).toEqual(tokenNumber(1))
  })
})

describe('settings that cannot be read', () => {
  const damages: [string, (path: string) => Promise<void>][] = [
    ['cut off', (path) => truncate(path, 20)],
    ['empty', (path) => truncate(path, 0)],
    ['not ours', (path) => writeFile(path, Buffer.from([0xff, 0, 0x7b]))],
    ['with a value that is none', (path) => flipAt(path, 'off"')],
    ['missing', (path) => rm(path)],
  ]

  it.each(damages)('leave token control on: %s', async (name, damage) => {
    const directory = await temporaryDirectory()
    await aJournal(directory)
    const path = join(directory, 'settings.json')
    await damage(path)
    const target = await aTarget()
    const report = await salvage(directory, target, LATER)
    expect(report).toMatchObject({ tokens: 3, barred: 0, settingsKept: false })
    expect(report.losses).toEqual([expect.objectContaining({ file: 'settings.json' })])
    expect((await aStore(target)).configuration.current.settings).toEqual({
      'token-control-publish': 'on',
      'token-control-play': 'on',
    })
    if (name !== 'missing') {
      expect(await readFile(join(target, 'settings.json.damaged'))).toEqual(await readFile(path))
    }
  })
})

describe('a salvage is refused', () => {
  it('while a process holds the store', async () => {
    const directory = await aCompactedDirectory()
    await aStore(directory)
    await expect(salvage(directory, await aTarget(), NOW)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  })

  it('where there is something already, or in the damaged directory, or where there is no store', async () => {
    const directory = await aCompactedDirectory()
    const before = await contentsOf(directory)
    const taken = await temporaryDirectory()
    await writeFile(join(taken, 'mine'), 'x')
    for (const target of [taken, directory, join(directory, 'sound'), '/nowhere/sound']) {
      const code = target === '/nowhere/sound' ? 'STORE_FAILED' : 'BAD_VALUE'
      await expect(salvage(directory, target, NOW)).rejects.toMatchObject({ code })
    }
    await expect(salvage(taken, await aTarget(), NOW)).rejects.toMatchObject({ code: 'BAD_VALUE' })
    expect(await contentsOf(directory)).toEqual(before)
  })

  it('for a store of a newer version', async () => {
    const directory = await aCompactedDirectory()
    await writeFile(join(directory, 'tokens.json'), '{"v":2,"gen":1,"tokens":[\n]}\n')
    await expect(salvage(directory, await aTarget(), NOW)).rejects.toMatchObject({ code: 'STORE_NEWER' })
  })

  it('by nothing else: an empty directory takes it, and the lock is not even touched', async () => {
    const directory = await aCompactedDirectory()
    const target = await aTarget()
    await mkdir(target)
    await writeFile(join(directory, 'lock'), '4711\n')
    await salvage(directory, target, NOW)
    expect(await readFile(join(directory, 'lock'), 'utf8')).toBe('4711\n')
  })
})
