import { Redis, type RedisOptions } from 'ioredis'
import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'
import { describeRedis, type RedisLocation } from './location.ts'
import { SCRIPTS, type ScriptName } from './scripts.ts'
import { dropSilent, subscribeTo } from './subscription.ts'

/** Whoever asks hears within this, or that the store does not answer. */
const PATIENCE: Milliseconds = 3000
const LONGEST_PAUSE: Milliseconds = 1000
/** How long the other end may take to close as well. */
const PARTING: Milliseconds = 500
/** What the library says of a connection that is not there, whatever the reason. */
const LOST = /^(Connection is closed|Stream isn't writeable)/
const LEAST_VERSION = [6, 2] as const

export interface Credentials {
  readonly password: string | null
  /** Certificates in PEM of who signed the server's; null: those that the system trusts. */
  readonly ca: string | null
}

type Script = (...args: readonly (string | number)[]) => Promise<unknown>

/**
 * A connection that comes back by itself. Nothing is sent late: what cannot be sent now fails now, and what was under
 * way as the connection broke fails as well, though it may have been done.
 */
export class RedisClient {
  readonly name: string
  readonly #redis: Redis
  #closed = false
  #trouble = ''

  private constructor(redis: Redis, name: string) {
    this.#redis = redis
    this.name = name
    redis.on('error', (error: Error) => {
      if (!LOST.test(error.message)) this.#trouble = error.message
      // The library would go on in another database, which may hold another store.
      if (isOfSelect(error)) redis.disconnect(true)
    })
    redis.on('ready', () => {
      this.#trouble = ''
      // A server that was started anew has forgotten them, and one that is sent on demand could come out of turn.
      for (const script of SCRIPTS.values()) redis.script('LOAD', script).catch(() => undefined)
    })
  }

  /** @throws STORE_FAILED where there is no server, or none that can be used */
  static async connect(location: RedisLocation, credentials: Credentials): Promise<RedisClient> {
    const redis = new Redis({ ...optionsFor(location, credentials), lazyConnect: true })
    for (const [name, lua] of SCRIPTS) redis.defineCommand(name, { lua })
    const client = new RedisClient(redis, describeRedis(location))
    try {
      await client.#open(location)
      return client
    } catch (error) {
      redis.disconnect()
      throw error
    }
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Runs one of our scripts, which all take keys in one slot. @throws STORE_FAILED */
  run(script: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.ask((redis) => {
      const call = (redis as unknown as Record<ScriptName, Script>)[script]
      return call.call(redis, keys.length, ...keys, ...args)
    })
  }

  /** @throws STORE_FAILED */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#closed) throw new AmsctlError('STORE_FAILED', 'the store is closed')
    try {
      return await question(this.#redis)
    } catch (error) {
      dropSilent(this.#redis, error)
      throw this.#failure(error)
    }
  }

  /** Calls `listener` whenever the connection is there again. */
  onReady(listener: () => void): void {
    this.#redis.on('ready', listener)
  }

  /** A connection that is sent every message on `channels`; `onAgain` when some may have been missed. */
  async subscribe(
    channels: readonly string[],
    onMessage: (channel: string, text: string) => void,
    onAgain: () => void,
  ): Promise<() => void> {
    return subscribeTo(this.#redis, channels, onMessage, onAgain).catch((error) => {
      throw this.#failure(error)
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#redis.quit().catch(() => undefined)
    this.#redis.disconnect()
  }

  async #open({ db }: RedisLocation): Promise<void> {
    await this.#redis.connect().catch((error) => {
      throw this.#failure(error)
    })
    // A wrong number is no reason for the library not to go on in another database.
    await this.ask((redis) => redis.select(db))
    const [, version] = /^redis_version:(.*)$/m.exec(await this.ask((redis) => redis.info('server'))) ?? []
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
    if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
      throw new AmsctlError(
        'STORE_FAILED',
        `${this.name} is of version ${version}; ${LEAST_VERSION.join('.')} is needed`,
      )
    }
  }

  /** The library's errors carry the command that failed, which may be the one with the password: only the text is told. */
  #failure(error: unknown): AmsctlError {
    if (error instanceof AmsctlError) return error
    const text = error instanceof Error ? error.message : String(error)
    const lost = LOST.test(text) && this.#trouble !== ''
    return new AmsctlError('STORE_FAILED', `${this.name} cannot be used: ${lost ? this.#trouble : text}`)
  }
}

function isOfSelect(error: Error & { readonly command?: { readonly name: string } }): boolean {
  return error.command?.name === 'select'
}

function optionsFor(location: RedisLocation, { password, ca }: Credentials): RedisOptions {
  const { host, port, db, user, tls } = location
  return {
    host,
    port,
    db,
    ...(user !== null && { username: user }),
    ...(password !== null && { password }),
    ...(tls && { tls: ca === null ? {} : { ca } }),
    connectionName: 'amsctl',
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    disconnectTimeout: PARTING,
    keepAlive: 10_000,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(times * 50, LONGEST_PAUSE),
    // After a failover the old master is a replica.
    reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
  }
}
