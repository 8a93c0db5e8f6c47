import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replayJournal } from '../../src/store/journal-replay.ts'
import { openStore } from '../../src/store/open.ts'
import { Records } from '../../src/store/records.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { allTokens, aSession, aStore, aUse, contentsOf, tokenNumber, tokens } from '../support/store.ts'
import { NOW } from '../support/tokens.ts'

const JOURNAL = 'tokens.journal-0.ndjson'
const NEWLINE = 10

/** A directory whose journal holds mints, spends, a revocation and a drop, each a group of its own. */
async function aWrittenDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  const store = await aStore(directory)
  await store.tokens.add(tokens(3, { note: 'Bühne {"c":1, "links"' }))
  await store.tokens.spend(tokenNumber(0).hash, 'me', aUse(), aSession({ tokenHash: tokenNumber(0).hash }))
  await store.tokens.revoke([tokenNumber(1).hash], NOW)
  await store.tokens.drop([tokenNumber(2).hash])
  await store.tokens.add([tokenNumber(4)])
  await store.close()
  return directory
}

/** Where each line starts, and where the last one ends. */
function lineStarts(bytes: Buffer): number[] {
  const starts = [0]
  for (const [index, byte] of bytes.entries()) if (byte === NEWLINE) starts.push(index + 1)
  return starts
}

/** Whether a cut there leaves or takes all but a byte of a line. */
function isNear(starts: readonly number[], length: number): boolean {
  return starts.some((start) => Math.abs(start - length) <= 1)
}

function open(directory: string) {
  return openStore(directory, { now: () => NOW, wait: 0 })
}

/** Opens `directory` once for each of `cases`, its file `name` then holding those bytes. */
async function forEachCase(directory: string, name: string, cases: Iterable<Buffer>, check: CheckCase) {
  for (const bytes of cases) {
    await writeFile(join(directory, name), bytes)
    await check(bytes)
  }
}

type CheckCase = (bytes: Buffer) => Promise<void>

/** `bytes` with one bit of every `step`th byte between `from` and `to` flipped, one after the other. */
function* flips(bytes: Buffer, from: number, to: number, step: number): Generator<Buffer> {
  for (let at = from; at < to; at += step) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    yield flipped
  }
}

describe('a journal cut anywhere', () => {
  it('gives every commit that is whole and nothing of a torn one', async () => {
    const directory = await aWrittenDirectory()
    const path = join(directory, JOURNAL)
    const journal = await readFile(path)
    const starts = lineStarts(journal)
    const lengths = Array.from(journal.keys()).filter((length) => length % 3 === 0 || isNear(starts, length))
    const cuts = lengths.map((length) => journal.subarray(0, length))
    await forEachCase(directory, JOURNAL, cuts, async ({ length }) => {
      expect(replayJournal(path, new Records(), true)).toBe(starts.findLast((start) => start <= length))
    })
  })

  it('opens, is cut to its whole commits, and takes new ones', async () => {
    const directory = await aWrittenDirectory()
    const journal = await readFile(join(directory, JOURNAL))
    const starts = lineStarts(journal)
    for (const [whole, start] of starts.entries()) {
      const length = Math.min(start + 25, journal.length)
      await writeFile(join(directory, JOURNAL), journal.subarray(0, length))
      const store = await aStore(directory)
      expect((await readFile(join(directory, JOURNAL))).length).toBe(start)
      expect((await allTokens(store)).length).toBe([0, 3, 3, 3, 2, 3][whole])
      await store.tokens.add([tokenNumber(9)])
      await store.close()
      const again = await aStore(directory)
      expect(await again.tokens.findById(tokenNumber(9).id)).toEqual(tokenNumber(9))
      await again.close()
    }
  })
})

describe('a journal torn just as a compaction began', () => {
  it('is cut, and what comes next goes to the next journal', async () => {
    const directory = await aWrittenDirectory()
    const journal = await readFile(join(directory, JOURNAL))
    await truncate(join(directory, JOURNAL), journal.length - 3)
    await writeFile(join(directory, 'tokens.journal-1.ndjson'), '')
    const store = await aStore(directory)
    expect(await allTokens(store)).toHaveLength(2)
    await store.tokens.add([tokenNumber(9)])
    await store.close()
    expect(await readFile(join(directory, 'tokens.journal-1.ndjson'), 'utf8')).toContain(tokenNumber(9).hash)
    expect(await allTokens(await aStore(directory))).toHaveLength(3)
  })
})

describe('a flipped bit', () => {
  it('before the last group stops with file, line and cure, and changes no byte', async () => {
    const directory = await aWrittenDirectory()
    const journal = await readFile(join(directory, JOURNAL))
    const last = lineStarts(journal).at(-2) ?? 0
    await forEachCase(directory, JOURNAL, flips(journal, 0, last, 5), async (bytes) => {
      const before = await contentsOf(directory)
      const at = journal.findIndex((byte, index) => byte !== bytes[index])
      const line = lineStarts(journal).findLastIndex((start) => start <= at) + 1
      await expect(open(directory)).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
        message: expect.stringMatching(
          `${JOURNAL}, line ${line}: .*nothing was changed. Salvage .*doctor --repair .*backup`,
        ),
      })
      expect(await contentsOf(directory)).toEqual(before)
    })
  })

  it('in the last group is a torn tail', async () => {
    const directory = await aWrittenDirectory()
    const path = join(directory, JOURNAL)
    const journal = await readFile(path)
    const last = lineStarts(journal).at(-2) ?? 0
    await forEachCase(directory, JOURNAL, flips(journal, last, journal.length, 1), async () => {
      expect(replayJournal(path, new Records(), true)).toBe(last)
    })
  })
})

/** A directory with a snapshot of four tokens and a session, and what a sound store says of each. */
async function aCompactedDirectory() {
  const directory = await aWrittenDirectory()
  const store = await aStore(directory, { journalLimit: 1 })
  await store.tokens.add([tokenNumber(6)])
  await store.close()
  const sound = await aStore(directory)
  const tokens = await allTokens(sound)
  await sound.close()
  return { directory, tokens, snapshot: await readFile(join(directory, 'tokens.json')) }
}

describe('a flipped bit in the snapshot', () => {
  const DAMAGED = expect.objectContaining({
    code: expect.stringMatching(/^STORE_(DAMAGED|NEWER)$/),
    message: expect.stringMatching(/tokens\.(json|journal-\d\.ndjson)/),
  })

  it('is found when it is read, if not at once; no answer is wrong and no byte is changed', async () => {
    const { directory, tokens, snapshot } = await aCompactedDirectory()
    expect(lineStarts(snapshot)).toHaveLength(8)
    await forEachCase(directory, 'tokens.json', flips(snapshot, 0, snapshot.length, 5), async () => {
      const before = await contentsOf(directory)
      const store = await open(directory).catch((error) => void expect(error).toEqual(DAMAGED))
      if (store) {
        await expect(allTokens(store)).rejects.toEqual(DAMAGED)
        for (const token of tokens) {
          await store.tokens.findByHash(token.hash).then(
            (found) => expect(found).toEqual(token),
            (error) => expect(error).toEqual(DAMAGED),
          )
        }
        await store.close()
      }
      expect(await contentsOf(directory)).toEqual(before)
    })
  })

  it('ends every compaction, which destroys nothing', async () => {
    const { directory, tokens, snapshot } = await aCompactedDirectory()
    const [, , second = 0] = lineStarts(snapshot)
    for (const bytes of flips(snapshot, second + 5, second + 200, 40)) {
      await writeFile(join(directory, 'tokens.json'), bytes)
      const store = await aStore(directory, { journalLimit: 1 })
      await store.tokens.revoke([tokens.at(-1)?.hash ?? ''], NOW).catch((error) => expect(error).toEqual(DAMAGED))
      await store.tokens
        .add([tokenNumber(Number(bytes[second + 5]) + 100)])
        .catch((error) => expect(error).toEqual(DAMAGED))
      await store.close()
      expect(await readFile(join(directory, 'tokens.json'))).toEqual(bytes)
    }
    await writeFile(join(directory, 'tokens.json'), snapshot)
    expect((await allTokens(await aStore(directory))).length).toBeGreaterThanOrEqual(tokens.length)
  })
})

describe('a group that was not synced', () => {
  it('is cut at its first bad line, though later lines of it are whole', async () => {
    const directory = await temporaryDirectory()
    const store = await aStore(directory)
    await store.tokens.add([tokenNumber(0)])
    const group = [1, 2, 3, 4].map((number) => store.tokens.add([tokenNumber(number)]))
    await Promise.all(group)
    await store.close()
    const journal = await readFile(join(directory, JOURNAL))
    const [, , second = 0, third = 0] = lineStarts(journal)
    journal.fill(0, second, third)
    await writeFile(join(directory, JOURNAL), journal)

    const again = await aStore(directory)
    expect((await allTokens(again)).map(({ id }) => id)).toEqual([tokenNumber(0).id, tokenNumber(1).id])
    expect((await readFile(join(directory, JOURNAL))).length).toBe(second)
  })
})

describe('a directory with files missing or foreign', () => {
  const damages: [string, (directory: string) => Promise<void>, RegExp][] = [
    ['no snapshot', (directory) => rm(join(directory, 'tokens.json')), /tokens\.json: missing/],
    ['no journal', (directory) => rm(join(directory, JOURNAL)), /tokens\.journal-0\.ndjson: missing/],
    [
      'a journal out of sequence',
      (directory) => rename(join(directory, JOURNAL), join(directory, 'tokens.journal-2.ndjson')),
      /tokens\.journal-0\.ndjson: missing/,
    ],
    [
      'a torn journal before a written one',
      async (directory) => {
        const journal = await readFile(join(directory, JOURNAL))
        await truncate(join(directory, JOURNAL), journal.length - 3)
        await writeFile(join(directory, 'tokens.journal-1.ndjson'), journal.subarray(0, 20))
      },
      /tokens\.journal-0\.ndjson, line 5/,
    ],
  ]

  it.each(damages)('is refused for %s, and left as it is', async (_name, damage, message) => {
    const directory = await aWrittenDirectory()
    await damage(directory)
    const before = await contentsOf(directory)
    await expect(open(directory)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringMatching(message),
    })
    expect(await contentsOf(directory)).toEqual(before)
  })

  it('is refused with STORE_NEWER for a newer schema', async () => {
    const directory = await aWrittenDirectory()
    await writeFile(join(directory, 'tokens.json'), '{"v":2,"generation":7,"tokens":[\n]}\n')
    const before = await contentsOf(directory)
    await expect(open(directory)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      message: expect.stringContaining('version 2'),
    })
    expect(await contentsOf(directory)).toEqual(before)
  })
})
