import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { hashSecret, tokenIdOf } from '../../src/domain/secret.ts'
import { newTokenSecret } from '../../src/services/identifiers.ts'
import { Settings } from '../../src/services/settings.ts'
import { Tokens } from '../../src/services/tokens.ts'
import { openStore } from '../../src/store/open.ts'
import { writeLargeStore } from '../support/large-store.ts'
import { median, report } from '../support/measure.ts'
import { aToken } from '../support/tokens.ts'
import { lowdbFigures, redisFigures, sqliteFigures, timed } from './store-peers.ts'

/** `LARGEST=100000` for a shorter run. */
const LARGEST = Number(process.env.LARGEST ?? 1e6)
const SIZES = [10, 1e3, 1e5, 1e6].filter((size) => size <= LARGEST)
const PROCESS = join(import.meta.dirname, 'store-process.js')
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

/** How many syncs the journal has seen: lines that share one have one commit number. */
function groupsIn(path: string): number {
  const journal = readdirSync(path).find((name) => name.startsWith('tokens.journal')) ?? ''
  const lines = readFileSync(join(path, journal), 'utf8').trimEnd().split('\n')
  return new Set(lines.map((line) => /"c":(\d+)/.exec(line)?.[1])).size
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`

/** What a process of its own takes to open the built store, mint and spend. */
function firstSpendOf(path: string): { opened: number; spent: number; memory: number } {
  return JSON.parse(execFileSync(process.execPath, [PROCESS, path], { encoding: 'utf8' }))
}

async function storeFigures(path: string, size: number): Promise<void> {
  await writeLargeStore(path, size)
  const runs = Array.from({ length: ROUNDS }, () => firstSpendOf(path))
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
  const tokens = new Tokens(store.tokens, new Settings(store.configuration), { now })
  const listing = await timed(() => tokens.list({ limit: 20 }))
  const ofStream = await timed(() => tokens.list({ streamId: 'cam7', limit: 20 }))
  await store.close()
  const at = `at ${size.toLocaleString('en')} tokens`
  report(`open ${at}`, ms(median(runs.map(({ opened }) => opened))), 'as at 10')
  report(`open, mint and spend ${at}`, ms(median(runs.map(({ spent }) => spent))), '1.1 x that at 10')
  report(`memory for that ${at}`, `${median(runs.map(({ memory }) => memory)).toFixed(0)} MB`, '20 MB over that at 10')
  report(`durable mint ${at}, median`, ms(median(mints)), '1.3 x the disk')
  report(`durable spend ${at}, median`, ms(median(spends)), '1.3 x the disk')
  report(`list --limit 20 ${at}`, ms(listing), '')
  report(`list --stream cam7 --limit 20 ${at}`, ms(ofStream), '')
}

describe('the store', () => {
  it.each(SIZES)('opens, mints, spends and lists with %i tokens', async (size) => {
    await storeFigures(await directory(), size)
  })

  it('compacts a large store while a timer runs on', async () => {
    const path = await directory()
    await writeLargeStore(path, LARGEST)
    const store = await openStore(path, { now, journalLimit: 1 })
    const lags: number[] = []
    let last = performance.now()
    const timer = setInterval(() => {
      lags.push(performance.now() - last - 1)
      last = performance.now()
    }, 1)
    const took = await timed(async () => {
      await store.tokens.add(someTokens(1))
      await store.close()
    })
    clearInterval(timer)
    report(`compaction of ${LARGEST.toLocaleString('en')} tokens`, ms(took), '')
    report('the longest that a timer waited meanwhile', ms(Math.max(...lags)), '<= 14 ms')
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
    await Promise.all(someTokens(1000).map((token) => store.tokens.add([token])))
    report('1,000 commits at once', `${groupsIn(path)} syncs`, '<= 5')
    await store.close()
  })

  it.each(SIZES)('beside others with %i records', async (size) => {
    const peers = { 'plain lowdb, not durable': lowdbFigures, SQLite: sqliteFigures, Redis: redisFigures }
    for (const [name, measure] of Object.entries(peers)) {
      const figures = await measure(await directory(), size)
      if (!figures) continue
      const memory = figures.memory === undefined ? '' : `, ${figures.memory.toFixed(0)} MB`
      const at = `at ${size.toLocaleString('en')}`
      report(`${name}: start ${at}; one mint`, `${ms(figures.start)}; ${ms(figures.mint)}${memory}`, '(peer)')
    }
  })
})
