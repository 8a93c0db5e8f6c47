import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, it } from 'vitest'
import { serve } from '../support/amsctl.ts'
import { writeLargeStore } from '../support/large-store.ts'
import { cpuOfCommand, cpuOfProcess, median, memoryOfProcess, report } from '../support/measure.ts'

const AMSCTL = join(import.meta.dirname, '../../bin/run.js')
const CREATE = `node ${AMSCTL} token create --stream cam --type play`
const ROUNDS = 5
const EACH = 5

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'amsctl-bench-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

/** Medians of CPU of the two, measured in alternation, as a ratio. */
function ratio(command: string, against: string, env: Readonly<Record<string, string>>): number {
  const ratios = Array.from(
    { length: ROUNDS },
    () => cpuOfCommand(command, EACH, env) / cpuOfCommand(against, EACH, env),
  )
  return median(ratios)
}

it('token create costs little over starting Node', async () => {
  await serve({ dataDir })
  report(
    'CPU of token create, daemon up, against node -e 0',
    `${ratio(CREATE, 'node -e 0', { AMSCTL_DATA_DIR: dataDir }).toFixed(2)} x`,
    '<= 3.5 x',
  )
})

it('token create costs the same however many tokens are stored', async () => {
  for (const size of [10, 1e3, 1e5, 1e6]) {
    await writeLargeStore(dataDir, size)
    const env = { AMSCTL_DATA_DIR: dataDir }
    const down = cpuOfCommand(CREATE, EACH, env)
    const daemon = await serve({ dataDir })
    const up = cpuOfCommand(CREATE, EACH, env)
    const memory = memoryOfProcess(daemon.pid ?? 0)
    await daemon.stop()
    const at = `at ${size.toLocaleString('en')} tokens`
    report(`CPU of token create, daemon down, ${at}`, `${(down * 1000).toFixed(0)} ms`, '<= 1.1 x that at 10')
    report(`CPU of token create, daemon up, ${at}`, `${(up * 1000).toFixed(0)} ms`, '<= 1.1 x that at 10')
    report(`memory of the daemon ${at}`, `${memory.toFixed(0)} MB`, '<= 20 MB over that at 10')
    await rm(dataDir, { recursive: true, force: true })
  }
})

/** Milliseconds from the start of `serve` on `directory` to the first bytes of a film, for a token minted before. */
async function firstPlay(directory: string): Promise<{ took: number; memory: number }> {
  const before = await serve({ dataDir: directory })
  await before.enableTokens()
  const token = await before.mint('film', 'play')
  await before.stop()
  const started = performance.now()
  const daemon = await serve({ dataDir: directory })
  const answer = await fetch(`${daemon.http}/LiveApp/streams/film.mp4?token=${token}`)
  await answer.arrayBuffer()
  const took = performance.now() - started
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`)
  const memory = memoryOfProcess(daemon.pid ?? 0)
  await daemon.stop()
  return { took, memory }
}

it('a daemon is as soon ready for its first viewer however many tokens are stored', async () => {
  const directories = { few: join(dataDir, 'few'), many: join(dataDir, 'many') }
  for (const [name, size] of [
    ['few', 10],
    ['many', 1e6],
  ] as const) {
    const films = join(directories[name], 'streams/LiveApp')
    await mkdir(films, { recursive: true, mode: 0o700 })
    await writeFile(join(films, 'film.mp4'), Buffer.alloc(1000))
    await chmod(directories[name], 0o700)
    await writeLargeStore(directories[name], size)
  }
  const rounds: { few: Awaited<ReturnType<typeof firstPlay>>; many: Awaited<ReturnType<typeof firstPlay>> }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ few: await firstPlay(directories.few), many: await firstPlay(directories.many) })
  }
  const ratios = rounds.map(({ few, many }) => many.took / few.took)
  const growth = rounds.map(({ few, many }) => many.memory - few.memory)
  report('serve to its first play at 10 tokens', `${median(rounds.map(({ few }) => few.took)).toFixed(0)} ms`, '')
  report('the same at 1,000,000', `${median(ratios).toFixed(2)} x`, '<= 1.1 x')
  report('memory then, over that at 10', `${median(growth).toFixed(0)} MB`, '<= 20 MB')
})

it('mints over REST', async () => {
  const MINTS = 20_000
  const daemon = await serve({ dataDir })
  const expireDate = Math.floor(Date.now() / 1000) + 3600
  const url = `${daemon.http}/LiveApp/rest/v2/broadcasts/cam/token?expireDate=${expireDate}&type=play`
  // What was compiled while it ran is a part of no single mint.
  await getOften(url, MINTS)
  const cpu = cpuOfProcess(daemon.pid)
  const started = performance.now()
  await getOften(url, MINTS)
  const seconds = (performance.now() - started) / 1000
  const each = ((cpuOfProcess(daemon.pid) - cpu) / MINTS) * 1e6
  report('durable mints over REST (client on the other core)', `${(MINTS / seconds).toFixed(0)} /s`, '>= 5,000 /s')
  report('CPU of the daemon for one', `${each.toFixed(0)} us`, '<= 60 us')
})

/** Gets `url` so many times, over 100 connections. */
async function getOften(url: string, times: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  let left = times
  const client = async () => {
    while (left-- > 0) {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent }, resolve).on('error', reject)
      })
      if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`)
      await once(response.resume(), 'end')
    }
  }
  await Promise.all(Array.from({ length: agent.maxSockets }, client))
  agent.destroy()
}
