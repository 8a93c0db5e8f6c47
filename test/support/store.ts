import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { hashSecret } from '../../src/domain/secret.ts'
import type { Session } from '../../src/domain/session.ts'
import type { Token, TokenUse } from '../../src/domain/token.ts'
import type { Store } from '../../src/services/ports.ts'
import { openStore, type StoreOptions } from '../../src/store/open.ts'
import { type Outcome, outcomeOf } from './amsctl.ts'
import { aToken, NOW } from './tokens.ts'

const WORKER = join(import.meta.dirname, 'store-worker.js')

/** A store in `directory` that is closed when the test is over. */
export async function aStore(directory: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore(directory, { now: () => NOW, wait: 0, ...options })
  onTestFinished(() => store.close())
  return store
}

/** The `number`th token of a test: unlike any other in hash and id. */
export function tokenNumber(number: number, changes: Partial<Token> = {}): Token {
  return aToken({
    hash: hashSecret(`secret ${number}`),
    id: `tk_${String(number).padStart(12, '0')}`,
    expireDate: null,
    ...changes,
  })
}

export function tokens(count: number, changes: Partial<Token> = {}): Token[] {
  return Array.from({ length: count }, (_, number) => tokenNumber(number, changes))
}

export function aUse(changes: Partial<TokenUse> = {}): TokenUse {
  return { at: NOW, address: '203.0.113.7', protocol: 'rtmp', streamId: 'cam', session: 'ss_000000000000', ...changes }
}

export function aSession(changes: Partial<Session> = {}): Session {
  return {
    id: 'ss_000000000000',
    tokenHash: null,
    tokenId: null,
    app: 'LiveApp',
    streamId: 'cam',
    type: 'play',
    protocol: 'rtmp',
    address: '203.0.113.7',
    userAgent: null,
    since: NOW,
    secretHash: null,
    ip: null,
    endsAt: null,
    lastSeen: NOW,
    lostAt: null,
    ...changes,
  }
}

export async function allTokens(store: Store): Promise<Token[]> {
  const all: Token[] = []
  for await (const token of store.tokens.all()) all.push(token)
  return all
}

/** Every file of a directory with its bytes, to be compared. */
export async function contentsOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => name !== 'lock').sort()
  const files = names.map(async (name) => [name, await readFile(join(directory, name), 'latin1')] as const)
  return Object.fromEntries(await Promise.all(files))
}

export interface WorkerOptions {
  readonly args?: readonly string[]
  /** What to run it under, such as strace and its flags. */
  readonly under?: readonly string[]
}

/** Runs `job` of the store worker, in a process of its own, on `directory`. */
export function startWorker(directory: string, job: string, { args = [], under = [] }: WorkerOptions = {}) {
  const [program, ...rest] = [...under, process.execPath, WORKER, directory, job, ...args]
  if (program === undefined) throw new Error('there is a program')
  // One thread for files, so that the n-th call of a kind is the n-th of one thread.
  return spawn(program, rest, { env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function runWorker(directory: string, job: string, options: WorkerOptions = {}): Promise<Outcome> {
  return outcomeOf(startWorker(directory, job, options))
}

/** `strace` on nothing but the store's files in `directory`. */
export function traceOf(directory: string, ...flags: readonly string[]): string[] {
  const names = ['', 'lock', 'tokens.json', 'tokens.json.tmp', 'settings.json', 'settings.json.tmp']
  const journals = Array.from({ length: 9 }, (_, generation) => `tokens.journal-${generation}.ndjson`)
  const paths = [...names, ...journals].flatMap((name) => ['-P', join(directory, name)])
  return ['strace', '-f', '-qq', ...paths, ...flags]
}
