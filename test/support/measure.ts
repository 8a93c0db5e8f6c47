import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Seconds of CPU, user and system, that `times` runs of a command line took. */
export function cpuOfCommand(command: string, times: number, env: Readonly<Record<string, string>> = {}): number {
  const script = `for ((n = 0; n < ${times}; n++)); do ${command} >/dev/null || exit 1; done; times`
  const output = execFileSync('bash', ['-c', script], { env: { ...process.env, ...env }, encoding: 'utf8' })
  // bash's second line: what its children took, as "0m1.234s 0m0.567s".
  const children = output.trim().split('\n').at(-1) ?? ''
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  )
  return seconds.reduce((sum, one) => sum + one, 0) / times
}

/** Seconds of CPU that a process has had, all threads (Linux). */
export function cpuOfProcess(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const TICKS_PER_SECOND = 100
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process in MB (Linux). */
export function memoryOfProcess(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** What this process cannot let go of, in bytes. */
export async function heldMemory(): Promise<number> {
  setFlagsFromString('--expose-gc')
  await new Promise((resolve) => setImmediate(resolve))
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** One row of `npm run bench`: what, the figure, the goal. */
export function report(what: string, figure: string, goal: string): void {
  process.stdout.write(`${what.padEnd(58)} ${figure.padStart(16)}   goal ${goal}\n`)
}
