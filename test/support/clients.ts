import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { type Outcome, outcomeOf } from './amsctl.ts'

export interface Client {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
}

/** A program that is killed when the test is over. */
export function spawned(program: string, args: readonly string[]): Client {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { child, outcome: outcomeOf(child) }
}
