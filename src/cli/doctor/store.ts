import { existsSync } from 'node:fs'
import type { DaemonStatus } from '../../services/daemon-operations.ts'
import type { StoreOperations } from '../../services/operations.ts'
import { readAudit } from '../../store/audit-file.ts'
import { type Destination, openOperations } from '../connect.ts'
import { plural } from '../plural.ts'
import { type Check, named, reasonOf } from './check.ts'

export interface StoreFindings {
  readonly checks: readonly Check[]
  /** Of the running daemon; null: there is none. */
  readonly status: DaemonStatus | null
}

const SETTINGS = ['token-control', 'rest-access'] as const

/** Opens the store, or asks its daemon, and looks at what is in it. A directory that is not ready is left as it is. */
export async function checkStore(destination: Destination, directory: Check): Promise<StoreFindings> {
  const { dataDir, place } = destination
  const result = named('store', 'store')
  if (directory.status !== 'ok' || (!existsSync(dataDir) && !place)) {
    const why = directory.status === 'ok' ? 'there is none yet' : 'the data directory is not ready'
    return { checks: [result('skip', why), ...skipped(why), checkClock([])], status: null }
  }
  try {
    const { operations, daemon, close } = await openOperations(destination)
    try {
      const status = (await daemon?.status()) ?? null
      const { tokens } = await operations.inspectTokens()
      const answer = status ? `the daemon (pid ${status.pid}) answers` : 'the store opens; no daemon runs'
      return {
        checks: [
          result('ok', `${answer}; ${plural(tokens, 'token')}, none of them damaged`),
          ...(await contents(operations, dataDir)),
        ],
        status,
      }
    } finally {
      await close()
    }
  } catch (error) {
    const why = 'the store cannot be read'
    return { checks: [result('fail', reasonOf(error)), ...skipped(why), checkClock([])], status: null }
  }
}

function skipped(why: string): Check[] {
  return SETTINGS.map((name) => named(name, 'configuration')('skip', why))
}

async function contents(operations: StoreOperations, dataDir: string): Promise<Check[]> {
  const settings = new Map((await operations.showSettings()).map(({ name, value }) => [name, value]))
  const off = (['publish', 'play'] as const).filter((type) => settings.get(`token-control-${type}`) === 'off')
  const control = named('token-control', 'configuration')
  const rest = named('rest-access', 'configuration')
  return [
    off.length === 0
      ? control('ok', 'publishing and playing need a token')
      : control('warn', `anyone may ${off.join(' and ')}; turn it on with amsctl settings enable-token`),
    settings.get('rest-access') === 'open'
      ? rest('warn', 'any address may call the REST API and mint; amsctl settings set rest-access restricted')
      : rest('ok', 'the REST API is restricted'),
    checkClock(await timesOf(dataDir)),
  ]
}

/** When something was done last, in milliseconds. Every token that was made stands in the audit; there may be millions. */
async function timesOf(dataDir: string): Promise<number[]> {
  const times: number[] = []
  for await (const { at } of readAudit(dataDir, { limit: 1 })) times.push(Date.parse(at))
  return times
}

/** A clock that was set back keeps expired tokens alive, one that was never set expires them all. */
export function checkClock(made: readonly number[], now = Date.now()): Check {
  const result = named('clock', 'configuration')
  const newest = made.reduce((latest, at) => Math.max(latest, at), 0)
  const told = new Date(now).toISOString()
  if (new Date(now).getUTCFullYear() < 2025) return result('fail', `the clock says ${told}`)
  // Stored times are whole seconds, and clocks are corrected by small steps.
  if (newest > now + 5000) {
    return result('fail', `the clock says ${told}, yet something was done here at ${new Date(newest).toISOString()}`)
  }
  return result('ok', `the clock says ${told}`)
}
