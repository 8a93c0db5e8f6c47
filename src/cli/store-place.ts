import { readFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import { AmsctlError } from '../domain/errors.ts'
import { describeRedis, parseRedisLocation } from '../store/redis/location.ts'
import type { RedisPlace } from '../store/redis/place.ts'

const GLOBAL = { helpGroup: 'GLOBAL' } as const

export const storeFlags = {
  store: Flags.string({
    summary: 'Redis or Valkey (6.2 or newer) that several machines share, in place of files in the data directory.',
    env: 'AMSCTL_STORE',
    helpValue: 'redis://[USER@]HOST[:PORT][/DB]',
    parse: async (text) => checkLocation(text),
    ...GLOBAL,
  }),
  'store-password-file': Flags.string({
    summary: 'File that holds the password of the store; or set AMSCTL_STORE_PASSWORD.',
    env: 'AMSCTL_STORE_PASSWORD_FILE',
    helpValue: 'FILE',
    ...GLOBAL,
  }),
  'store-ca': Flags.string({
    summary: "Certificate in PEM that vouches for the store's, with rediss://.",
    env: 'AMSCTL_STORE_CA',
    helpValue: 'FILE',
    ...GLOBAL,
  }),
}

export interface StoreFlags {
  readonly store?: string | undefined
  readonly 'store-password-file'?: string | undefined
  readonly 'store-ca'?: string | undefined
}

/** Where the store is; null: in the data directory. @throws BAD_VALUE */
export async function readStorePlace(flags: StoreFlags): Promise<RedisPlace | null> {
  if (!flags.store) return null
  const file = flags['store-password-file']
  const password = file ? (await readAsked('store-password-file', file)).replace(/\r?\n$/, '') : null
  const ca = flags['store-ca']
  return {
    location: parseRedisLocation(flags.store),
    password: password ?? (process.env.AMSCTL_STORE_PASSWORD || null),
    ca: ca ? await readAsked('store-ca', ca) : null,
  }
}

/** As a daemon's status calls it. */
export function nameOfStore(place: RedisPlace | null): string {
  return place ? describeRedis(place.location) : 'file'
}

function checkLocation(text: string): string {
  if (text !== '') parseRedisLocation(text)
  return text
}

async function readAsked(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('BAD_VALUE', `--${flag}: ${reason}`, { cause })
  }
}
