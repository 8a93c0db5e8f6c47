import { once } from 'node:events'
import { outcomeOf } from '../support/amsctl.ts'
import { numbersFrom } from '../support/seeded.ts'
import { startWorker, traceOf } from '../support/store.ts'
import { brokenPromises } from '../support/store-claims.ts'

/** So short that almost every round is killed in or near a compaction. */
const JOURNAL_LIMIT = '20000'
/** The calls by which a store changes its directory, or opens what it will change. */
export const CALLS = [
  'openat',
  'close',
  'pread64',
  'read',
  'pwrite64',
  'write',
  'fdatasync',
  'fsync',
  'rename',
  'unlink',
] as const

/**
 * Kills a process that mints, spends and revokes on `directory` after a while that `seed` decides, again and again;
 * returns every promise of any of them that the store broke.
 */
export async function killRounds(directory: string, rounds: number, seed: number): Promise<string[]> {
  const random = numbersFrom(seed)
  let output = ''
  for (let round = 0; round < rounds; round++) {
    output += await killedAfter(directory, 1 + Math.floor(random() * 300))
    const broken = await brokenPromises(directory, output)
    if (broken.length > 0) return broken.map((promise) => `seed ${seed}, round ${round}: ${promise}`)
  }
  return []
}

/** Kills a process as it makes its `nth` `call` on the files of a store; then lets another go on from there. */
export async function killAtCall(directory: string, call: string, nth: number): Promise<KilledAtCall> {
  const args = ['1', '12', '900']
  const under = traceOf(directory, '-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${nth}`)
  const killed = await outcomeOf(startWorker(directory, 'churn', { args, under }))
  const broken = await brokenPromises(directory, killed.stdout)
  const next = await outcomeOf(startWorker(directory, 'churn', { args }))
  if (!next.stdout.endsWith('closed\n')) broken.push(`the next process: ${next.stdout}${next.stderr}`)
  broken.push(...(await brokenPromises(directory, killed.stdout + next.stdout)))
  return { ended: killed.stdout.endsWith('closed\n'), broken: broken.map((promise) => `${call} ${nth}: ${promise}`) }
}

export interface KilledAtCall {
  /** It made fewer calls than that, and ended by itself. */
  readonly ended: boolean
  readonly broken: readonly string[]
}

async function killedAfter(directory: string, lines: number): Promise<string> {
  const worker = startWorker(directory, 'churn', { args: ['8', '1000', JOURNAL_LIMIT] })
  const closed = once(worker, 'close')
  let output = ''
  worker.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > lines) worker.kill('SIGKILL')
  })
  await closed
  return output
}
