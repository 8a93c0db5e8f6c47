import { type ChildProcess, spawn } from 'node:child_process'

/** Of what the program says about itself, for the log. */
const LONGEST_COMPLAINT = 300

export interface ChildEvents {
  onOutput(data: Buffer): void
  /** It has ended by itself, could not be started, or takes nothing any more. Called at most once, never after `kill`. */
  onGone(reason: string): void
}

/** A program with sound in and sound out. Nothing on it throws. */
export interface Child {
  /** Bytes that it has not taken yet. */
  readonly backlog: number
  write(data: Buffer): void
  /** Idempotent. */
  kill(): void
}

/** Ends by itself when this process does, for its input ends then. */
export function startChild(program: string, args: readonly string[], events: ChildEvents): Child {
  let complaint = ''
  let over = false
  const gone = (reason: string) => {
    if (over) return
    over = true
    child?.kill('SIGKILL')
    events.onGone(complaint.trim() || reason)
  }
  const child = spawned(program, args, (error) => gone(error.message))
  child?.on('close', (code, signal) => gone(signal ? `killed by ${signal}` : `exit code ${code}`))
  // Why a pipe broke is told by the end of the program.
  for (const pipe of [child?.stdin, child?.stdout, child?.stderr]) pipe?.on('error', () => {})
  child?.stdout?.on('data', (data: Buffer) => {
    if (!over) events.onOutput(data)
  })
  child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-LONGEST_COMPLAINT)
  })
  return {
    get backlog() {
      return child?.stdin?.writableLength ?? 0
    },
    write: (data) => {
      if (!over && child?.stdin?.writable) child.stdin.write(data)
    },
    kill: () => {
      over = true
      child?.stdin?.destroy()
      child?.kill('SIGKILL')
    },
  }
}

/** Out of processes or files it fails in one of three ways: by an event, without pipes, or by an exception. */
function spawned(program: string, args: readonly string[], onError: (error: Error) => void): ChildProcess | undefined {
  try {
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] }).on('error', onError)
  } catch (error) {
    queueMicrotask(() => onError(error instanceof Error ? error : new Error(String(error))))
    return undefined
  }
}
