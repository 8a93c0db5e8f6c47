import { spawnSync } from 'node:child_process'
import { describe } from 'vitest'

export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', name]).status === 0
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
