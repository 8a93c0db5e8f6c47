import { join } from 'node:path'
import { captureOutput } from '@oclif/test'

const ROOT = join(import.meta.dirname, '../..')

interface CommandClass {
  run(argv: string[], options: { root: string }): Promise<unknown>
}

export interface CommandOutcome {
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
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
