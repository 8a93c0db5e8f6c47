import { spawnSync } from 'node:child_process'
import { describe } from 'vitest'

/** What does as well and costs less: Chromium without windows takes half the CPU. */
const INSTEAD: Readonly<Record<string, string>> = { chromium: 'chromium-headless-shell' }

/** Where a program of the machine is, or what may stand in for it. */
export function programPath(name: string): string | undefined {
  const script = 'for name; do command -v "$name" && exit; done'
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', INSTEAD[name] ?? name, name], { encoding: 'utf8' })
  return stdout.trim() || undefined
}

export function hasProgram(name: string): boolean {
  return programPath(name) !== undefined
}

/** A `describe` that needs programs of the machine: skipped aloud where one is missing, an error where CI=true. */
export function describeWith(programs: readonly string[], title: string, tests: () => void): void {
  const missing = programs.filter((name) => !hasProgram(name))
  if (missing.length === 0) {
    describe(title, tests)
    return
  }
  const reason = `needs ${missing.join(', ')}`
  if (process.env.CI === 'true') throw new Error(`"${title}" ${reason}`)
  process.stderr.write(`SKIPPED: "${title}" ${reason}\n`)
  describe.skip(`${title} (${reason})`, tests)
}
