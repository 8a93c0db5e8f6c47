import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const OCLIF = join(ROOT, 'node_modules/oclif/bin/run.js')
const ENV = { ...process.env, COLUMNS: '120', OCLIF_SKIP_NEW_VERSION_CHECK: '1', NODE_ENV: 'production' }

function commandSection(text: string): string | undefined {
  return /<!-- commands -->\n([\s\S]*?)<!-- commandsstop -->/.exec(text)?.[1]
}

it("README's commands are those of the program (npm run docs writes them)", async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const { stdout } = await promisify(execFile)(process.execPath, [OCLIF, 'readme', '--dry-run'], {
    cwd: ROOT,
    env: ENV,
  })
  expect(commandSection(readme)).toBeDefined()
  expect(commandSection(readme)).toBe(commandSection(stdout))
})
