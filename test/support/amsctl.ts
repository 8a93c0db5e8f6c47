import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { connectDaemon } from '../../src/cli/daemon-client.ts'
import type { TokenType } from '../../src/domain/token.ts'
import type { DaemonOperations, DaemonStatus } from '../../src/services/daemon-operations.ts'
import { eventually } from './eventually.ts'
import { expectNoLeaks, noteSecrets } from './leaks.ts'
import { type LineOutcome, mustRunLine, runLine } from './run-command.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/run.js')

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly dataDir?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Spawns the real command line; nothing on its standard input but `input`. */
export async function amsctl(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = launch(args, options)
  child.stdin?.end(options.input ?? '')
  const outcome = await outcomeOf(child)
  noteSecrets(outcome.stdout)
  return outcome
}

/** {@link amsctl}, for when it must succeed: its standard output, trimmed. */
export async function mustAmsctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await amsctl(args, options)
  if (code !== 0) throw new Error(`amsctl ${args.join(' ')} exited ${code}: ${stderr}`)
  return stdout.trim()
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

export function launch(args: readonly string[], { dataDir, env }: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [LAUNCHER, ...args], {
    // Daemons of tests run side by side.
    env: {
      ...process.env,
      AMSCTL_WEBRTC_PORT: '0',
      ...(dataDir !== undefined && { AMSCTL_DATA_DIR: dataDir }),
      ...env,
    },
  })
}

/** What every daemon of this test file has printed. */
const logs: { text: string }[] = []

export function forgetLogs(): void {
  logs.length = 0
}

/** An empty directory; when the test is over no secret must stand in it, nor in a daemon's log, and it is removed. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'amsctl-'))
  onTestFinished(async () => {
    await expectNoLeaks(
      path,
      logs.map(({ text }) => text),
    )
    await rm(path, { recursive: true, force: true })
  })
  return path
}

/** A running `amsctl serve` on free ports of 127.0.0.1. */
export class ServedDaemon {
  readonly dataDir: string
  readonly child: ChildProcess
  readonly listen: DaemonStatus['listen']
  readonly #log: { text: string }

  constructor(dataDir: string, child: ChildProcess, listen: DaemonStatus['listen'], log: { text: string }) {
    this.dataDir = dataDir
    this.child = child
    this.listen = listen
    this.#log = log
  }

  /** Everything it has printed so far. */
  get log(): string {
    return this.#log.text
  }

  get pid(): number {
    return Number(this.child.pid)
  }

  get rtmp(): string {
    return `rtmp://127.0.0.1:${this.listen.rtmp?.port}`
  }

  get http(): string {
    return `http://127.0.0.1:${this.listen.http?.port}`
  }

  /** In a process of its own, for claims about that. */
  spawn(args: readonly string[], options: Omit<RunOptions, 'dataDir'> = {}): Promise<Outcome> {
    return amsctl(args, { ...options, dataDir: this.dataDir })
  }

  run(args: readonly string[]): Promise<LineOutcome> {
    return runLine(args, this.dataDir)
  }

  /** {@link run}, for when it must succeed: its standard output, trimmed. */
  must(args: readonly string[]): Promise<string> {
    return mustRunLine(args, this.dataDir)
  }

  /** Asks over the control socket, as commands do, without the price of a command. */
  async ask<T>(question: (daemon: DaemonOperations) => Promise<T>): Promise<T> {
    const connection = await connectDaemon(this.dataDir)
    if (!connection) throw new Error('no daemon to ask')
    try {
      return await question(connection.daemon)
    } finally {
      await connection.close()
    }
  }

  status(): Promise<DaemonStatus> {
    return this.ask((daemon) => daemon.status())
  }

  /** Turns token control on, for publishing and playing. */
  async enableTokens(): Promise<void> {
    await this.ask((daemon) => daemon.setTokenControl({ enable: true, types: ['publish', 'play'], kick: false }))
  }

  async set(name: string, value: string): Promise<void> {
    await this.ask((daemon) => daemon.setSetting({ name, value }))
  }

  /** By the command where there are `flags`. */
  async mint(streamId: string, type: TokenType, ...flags: string[]): Promise<string> {
    if (flags.length > 0) return this.must(['token', 'create', '--stream', streamId, '--type', type, ...flags])
    const [token] = await this.ask((daemon) => daemon.createTokens({ app: 'LiveApp', streamId, type }))
    const secret = String(token?.tokenId)
    noteSecrets(secret)
    return secret
  }

  /** Sends `signal` and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit')
      this.child.kill(signal)
      await gone
    }
    return this.child.exitCode
  }
}

export interface ServeOptions {
  readonly dataDir?: string
  readonly args?: readonly string[]
  /** The listeners of an earlier daemon, in whose place this one shall be. */
  readonly listen?: DaemonStatus['listen']
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a daemon; it is killed when the test is over. */
export async function serve({ dataDir, ...options }: ServeOptions = {}): Promise<ServedDaemon> {
  const directory = dataDir ?? (await temporaryDirectory())
  return start(directory, options, (child) => onTestFinished(() => killed(child)))
}

/** It may be in the middle of a system call still when it is told. */
async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Within `describe`: one daemon for its tests, in whose directory and log no secret may stand at the end. */
export function sharedDaemon(options: Omit<ServeOptions, 'dataDir'> = {}): () => ServedDaemon {
  let daemon: ServedDaemon | undefined
  let directory = ''
  let child: ChildProcess | undefined
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'amsctl-'))
    daemon = await start(directory, options, (started) => {
      child = started
    })
  })
  afterAll(async () => {
    if (child) await killed(child)
    await expectNoLeaks(directory, [daemon?.log ?? ''])
    await rm(directory, { recursive: true, force: true })
  })
  return () => {
    if (daemon) return daemon
    throw new Error('there is a daemon only while tests run')
  }
}

/** Asking for them would cost more: the status tells of the transcoder too, which is asked for that. */
function listenersIn(log: string): DaemonStatus['listen'] | undefined {
  const line = /^.*"text":"listening".*$/m.exec(log)?.[0]
  return line && JSON.parse(line).listen
}

async function start(
  directory: string,
  { args = [], listen, env = {} }: ServeOptions,
  onChild: (child: ChildProcess) => void,
): Promise<ServedDaemon> {
  const port = (door: 'rtmp' | 'http') => String(listen?.[door]?.port ?? 0)
  const flags = ['serve', '--host', '127.0.0.1', '--rtmp-port', port('rtmp'), '--http-port', port('http'), ...args]
  const child = launch(flags, { dataDir: directory, env })
  onChild(child)
  child.stdin?.end()
  const log = { text: '' }
  logs.push(log)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.text += text
    })
  }
  const listeners = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`serve exited ${child.exitCode}: ${log.text}`)
    return listenersIn(log.text)
  })
  return new ServedDaemon(directory, child, listeners, log)
}
