import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Low } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import { eventually } from '../support/eventually.ts'
import { median, memoryOfProcess } from '../support/measure.ts'

/** What another store takes with so many records in it; undefined where it cannot be had. */
export interface PeerFigures {
  /** From its start to its first answer, in milliseconds. */
  readonly start: number
  /** One record more, in milliseconds. */
  readonly mint: number
  /** In MB. */
  readonly memory: number | undefined
}

const MINTS = 200
const record = (number: number) =>
  `{"app":"LiveApp","streamId":"cam${number % 1000}","type":"play","uses":1,"used":0,"filler":"${'x'.repeat(200)}"}`
const keyOf = (number: number) => `token-${String(number).padStart(12, '0')}-${'k'.repeat(40)}`

export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** Plain lowdb, whose writes are not durable. */
export async function lowdbFigures(directory: string, size: number): Promise<PeerFigures> {
  const path = join(directory, 'db.json')
  const tokens = Array.from({ length: size }, (_, number) => [keyOf(number), record(number)])
  await writeFile(path, JSON.stringify({ tokens }))
  const db = new Low(new JSONFile<{ tokens: string[][] }>(path), { tokens: [] })
  const before = process.memoryUsage.rss()
  const start = await timed(() => db.read())
  const mints: number[] = []
  for (let n = 0; n < 3; n++) {
    mints.push(await timed(() => db.update(({ tokens }) => void tokens.push([keyOf(size + n), record(n)]))))
  }
  return { start, mint: median(mints), memory: (process.memoryUsage.rss() - before) / 2 ** 20 }
}

/** SQLite by its own command, WAL and a sync for each commit. */
export async function sqliteFigures(directory: string, size: number): Promise<PeerFigures | undefined> {
  if (!has('sqlite3')) return undefined
  const path = join(directory, 'db.sqlite')
  const run = (script: string) => execFileSync('sqlite3', [path], { input: script })
  const fill = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ${size - 1})
    INSERT INTO t SELECT printf('token-%012d-${'k'.repeat(40)}', i), '${record(1)}' FROM n;`
  run(`PRAGMA journal_mode=WAL; CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID; ${fill}`)
  const start = await timed(() => run(`SELECT v FROM t WHERE k = '${keyOf(5)}';`))
  const inserts = Array.from(
    { length: MINTS },
    (_, n) => `INSERT INTO t VALUES ('${keyOf(size + n)}', '${record(n)}');`,
  )
  const all = await timed(() => run(`PRAGMA synchronous=FULL; ${inserts.join('\n')}`))
  return { start, mint: (all - start) / MINTS, memory: undefined }
}

/** Redis with a sync for each command. */
export async function redisFigures(directory: string, size: number): Promise<PeerFigures | undefined> {
  if (!has('redis-server')) return undefined
  const socket = join(directory, 'redis.sock')
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const flags = ['--port', '0', '--unixsocket', socket, '--dir', directory, ...durable]
  const cli = (input: string, ...args: readonly string[]) =>
    execFileSync('redis-cli', ['-s', socket, ...args], { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString()
  const serve = async () => {
    const server = spawn('redis-server', flags, { stdio: 'ignore' })
    const answers = () =>
      spawnSync('redis-cli', ['-s', socket, 'GET', keyOf(5)])
        .stdout.toString()
        .includes('LiveApp')
    return { server, answers }
  }
  const first = await serve()
  await eventually(() => (spawnSync('redis-cli', ['-s', socket, 'PING']).status === 0 ? true : undefined))
  for (let from = 0; from < size; from += 50_000) {
    const numbers = Array.from({ length: Math.min(50_000, size - from) }, (_, n) => from + n)
    cli(numbers.map((n) => command('SET', keyOf(n), record(n))).join(''), '--pipe')
  }
  first.server.kill()
  await once(first.server, 'exit')
  const before = performance.now()
  const { server, answers } = await serve()
  await eventually(() => (answers() ? true : undefined), 120_000)
  const start = performance.now() - before
  const sets = Array.from({ length: MINTS }, (_, n) => `SET ${keyOf(size + n)} ${JSON.stringify(record(n))}`)
  const mint = (await timed(() => cli(`${sets.join('\n')}\n`))) / MINTS
  const memory = memoryOfProcess(server.pid ?? 0)
  server.kill()
  await once(server, 'exit')
  return { start, mint, memory }
}

function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

/** One command as Redis reads it (RESP). */
function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}
