import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Low } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import { afterAll, describe, it } from 'vitest'
import { hashSecret, tokenIdOf } from '../../src/domain/secret.ts'
import { newTokenSecret } from '../../src/services/identifiers.ts'
import { openStore } from '../../src/store/open.ts'
import { median, report } from '../support/measure.ts'
import { aToken } from '../support/tokens.ts'

const SIZES = [10, 1e3, 1e5, 1e6]
const ROUNDS = 5
const now = () => Math.floor(Date.now() / 1000)

const directories: string[] = []
afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true, force: true }))))

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'amsctl-bench-'))
  directories.push(path)
  return path
}

function someTokens(count: number) {
  return Array.from({ length: count }, () => {
    const hash = hashSecret(newTokenSecret())
    return aToken({ id: tokenIdOf(hash), hash, uses: null, expireDate: now() + 86_400, createdAt: now() })
  })
}

async function fill(path: string, size: number): Promise<void> {
  const store = await openStore(path, { now })
  for (let left = size; left > 0; left -= 10_000) await store.tokens.add(someTokens(Math.min(left, 10_000)))
  await store.close()
}

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** The number of the last commit in the journal: lines that share a sync share it. */
function lastGroup(path: string): number {
  const journal = readdirSync(path).find((name) => name.startsWith('tokens.journal'))
  const last = journal && readFileSync(join(path, journal), 'utf8').trimEnd().split('\n').at(-1)
  return Number(last ? /"c":(\d+)/.exec(last)?.[1] : -1)
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`

describe('the store', () => {
  it('opens, mints and spends at every size', async () => {
    for (const size of SIZES) {
      const path = await directory()
      await fill(path, size)
      const opening = await timed(async () => (await openStore(path, { now })).close())
      const store = await openStore(path, { now })
      const mints: number[] = []
      const spends: number[] = []
      for (let round = 0; round < 200; round++) {
        const [token] = someTokens(1)
        if (!token) continue
        mints.push(await timed(() => store.tokens.add([token])))
        const use = { at: now(), address: null, protocol: 'cli', streamId: 'cam', session: null } as const
        spends.push(await timed(() => store.tokens.spend(token.hash, 'bench', use, null)))
      }
      await store.close()
      const at = `at ${size.toLocaleString('en')} tokens`
      report(`open ${at}`, ms(opening), 'as at 10')
      report(`durable mint ${at}, median`, ms(median(mints)), '1.3 x the disk')
      report(`durable spend ${at}, median`, ms(median(spends)), '1.3 x the disk')
    }
  })

  it("costs little over the disk's own write and fdatasync", async () => {
    const path = await directory()
    const line = `${'x'.repeat(400)}\n`
    const store = await openStore(path, { now })
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const disk: number[] = []
      const commits: number[] = []
      const file = openSync(join(path, 'probe'), 'a')
      for (let n = 0; n < 100; n++) {
        disk.push(
          await timed(() => {
            writeSync(file, line)
            fdatasyncSync(file)
          }),
        )
        const tokens = someTokens(1)
        commits.push(await timed(() => store.tokens.add(tokens)))
      }
      closeSync(file)
      ratios.push(median(commits) / median(disk))
    }
    await store.close()
    report('one durable commit against write + fdatasync', `${median(ratios).toFixed(2)} x`, '<= 1.3 x')
  })

  it('shares syncs between concurrent commits', async () => {
    const path = await directory()
    const store = await openStore(path, { now })
    const before = lastGroup(path)
    await Promise.all(someTokens(1000).map((token) => store.tokens.add([token])))
    report('1,000 commits at once', `${lastGroup(path) - before} syncs`, '<= 5')
    await store.close()
  })

  it('beside plain lowdb', async () => {
    for (const size of SIZES.slice(0, 3)) {
      const file = new JSONFile<{ tokens: object[] }>(join(await directory(), 'db.json'))
      const db = new Low(file, { tokens: [] })
      db.data.tokens.push(...someTokens(size))
      await db.write()
      const writes: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        writes.push(await timed(() => db.update(({ tokens }) => void tokens.push(...someTokens(1)))))
      }
      report(`plain lowdb, one mint at ${size.toLocaleString('en')} tokens, not durable`, ms(median(writes)), '(peer)')
    }
  })
})
