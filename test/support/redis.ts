import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { Store } from '../../src/services/ports.ts'
import { parseRedisLocation, type RedisLocation } from '../../src/store/redis/location.ts'
import { openRedisStore, type RedisStoreOptions } from '../../src/store/redis/open.ts'
import { eventually } from './eventually.ts'
import { freePort } from './ports.ts'
import { NOW } from './tokens.ts'

const DATABASES = 1000

/** A real redis-server on a free port of 127.0.0.1. */
export class RedisServer {
  readonly port: number
  readonly #directory: string
  readonly #flags: readonly string[]
  #child: ChildProcess | undefined
  #used = 0

  private constructor(port: number, directory: string, flags: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#flags = flags
  }

  static async start(...flags: readonly string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'amsctl-redis-'))
    const server = new RedisServer(await freePort(), directory, flags)
    await server.begin()
    return server
  }

  /** A database that no other test of this server has. */
  newUrl(): string {
    return `redis://127.0.0.1:${this.port}/${this.#used++}`
  }

  /** Starts again what {@link kill} ended, with all that was written unless `flags` say otherwise. */
  async begin(...flags: readonly string[]): Promise<void> {
    const own = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#directory,
      '--databases',
      `${DATABASES}`,
    ]
    // What was written before the answer outlives the process, which is all that is killed here.
    const durable = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', '']
    const child = spawn('redis-server', [...own, ...durable, ...this.#flags, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    let text = ''
    const { stdout } = child
    stdout.on('data', (chunk: Buffer) => {
      text += chunk
    })
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${text}`)
      return text.includes('Ready to accept connections') || undefined
    })
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** Asks the server itself. */
  async ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url)
    try {
      return await question(redis)
    } finally {
      redis.disconnect()
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Within `describe`: one server for its tests. */
export function sharedRedis(...flags: readonly string[]): () => RedisServer {
  let server: RedisServer | undefined
  beforeAll(async () => {
    server = await RedisServer.start(...flags)
  })
  afterAll(() => server?.stop())
  return () => {
    if (server) return server
    throw new Error('there is a server only while tests run')
  }
}

/** A store at `url` that is closed when the test is over. */
export async function aRedisStore(url: string, options: Partial<RedisStoreOptions> = {}): Promise<Store> {
  const location: RedisLocation = parseRedisLocation(url)
  const store = await openRedisStore(location, { node: 'one', password: null, ca: null, now: () => NOW, ...options })
  onTestFinished(() => store.close())
  return store
}
