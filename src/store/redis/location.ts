import { AmsctlError } from '../../domain/errors.ts'

const PORT = 6379

/** Where a Redis or Valkey is, and how to log in there. */
export interface RedisLocation {
  readonly host: string
  readonly port: number
  readonly db: number
  /** ACL user; null: the default one. */
  readonly user: string | null
  readonly tls: boolean
}

/** Reads `redis://[user@]host[:port][/db]`, or `rediss://…` for TLS. @throws BAD_VALUE */
export function parseRedisLocation(text: string): RedisLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // Whoever may list processes can read command lines, and environments end up in dumps and unit files.
  if (url?.password) {
    throw bad('must not hold a password; name a file with --store-password-file, or set AMSCTL_STORE_PASSWORD')
  }
  const isKnown = url && (url.protocol === 'redis:' || url.protocol === 'rediss:')
  if (!isKnown || url.hostname === '' || url.search !== '' || url.hash !== '') {
    throw bad('must be redis://[USER@]HOST[:PORT][/DB], or rediss://… for TLS')
  }
  const db = url.pathname.slice(1)
  if (!/^\d{0,5}$/.test(db)) throw bad('must end in the number of a database, such as /0')
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT : Number(url.port),
    db: Number(db),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    tls: url.protocol === 'rediss:',
  }
}

/** For people; two ways to write the same place look the same. */
export function describeRedis({ host, port, db, tls }: RedisLocation): string {
  return `${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}/${db}`
}

function bad(what: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', `the address of the store ${what}`)
}
