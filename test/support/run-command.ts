import { join } from 'node:path'
import { captureOutput } from '@oclif/test'
import { noteSecrets } from './leaks.ts'

const ROOT = join(import.meta.dirname, '../..')

interface CommandClass {
  run(argv: string[], options: { root: string }): Promise<unknown>
}

export interface CommandOutcome {
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

export interface LineOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in this process, as a script would: nothing is a terminal. */
export async function runCommand(command: CommandClass, argv: readonly string[]): Promise<CommandOutcome> {
  const before = process.exitCode
  try {
    const { error, stdout, stderr } = await captureOutput(() => command.run([...argv], { root: ROOT }))
    if (error && error.oclif?.exit === undefined) throw error
    return { stdout, stderr, exit: error?.oclif?.exit ?? Number(process.exitCode ?? 0) }
  } finally {
    process.exitCode = before
  }
}

/** Commands without a topic. */
const SINGLE: ReadonlySet<string> = new Set(['audit', 'doctor', 'status'])

/** What a command prints is caught for the whole process: one at a time. */
let turn: Promise<unknown> = Promise.resolve()

/** {@link runCommand} of a line such as `token list -q` on what is in `dataDir`, where no test is about the process. */
export async function runLine(words: readonly string[], dataDir: string): Promise<LineOutcome> {
  const id = words.slice(0, words[1] === 'record' ? 3 : SINGLE.has(String(words[0])) ? 1 : 2)
  const { default: command } = await import(join(ROOT, 'src/commands', `${id.join('/')}.ts`))
  const running = turn.then(() => runCommand(command, [...words.slice(id.length), '--data-dir', dataDir]))
  turn = running.catch(() => undefined)
  const { stdout, stderr, exit } = await running
  noteSecrets(stdout)
  return { stdout, stderr, code: exit }
}

/** {@link runLine}, for when it must succeed: its standard output, trimmed. */
export async function mustRunLine(words: readonly string[], dataDir: string): Promise<string> {
  const { code, stdout, stderr } = await runLine(words, dataDir)
  if (code !== 0) throw new Error(`amsctl ${words.join(' ')} exited ${code}: ${stderr}`)
  return stdout.trim()
}
