import { existsSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { AmsctlError, ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { Milliseconds } from '../domain/units.ts'
import { readLines } from '../server/control/lines.ts'
import { type Hello, PROTOCOL, type Reply } from '../server/control/protocol.ts'
import { controlSocketPath } from '../server/control/socket-path.ts'
import type { DaemonOperations } from '../services/daemon-operations.ts'

export interface DaemonConnection {
  readonly daemon: DaemonOperations
  close(): Promise<void>
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** How long a daemon may be silent once a command has connected. */
const PATIENCE: Milliseconds = 5000

/** No socket, one that a dead daemon left, or no directory that could hold one. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR']

/**
 * Connects to the daemon of `dataDir`; undefined where none listens, or where it hangs up at once as it stops.
 * @throws DAEMON_VERSION, and STORE_LOCKED with its pid where it says nothing
 */
export async function connectDaemon(dataDir: string): Promise<DaemonConnection | undefined> {
  if (!existsSync(dataDir)) return undefined
  const socket = await dial(controlSocketPath(dataDir))
  if (!socket) return undefined
  const waiting = new Map<number, Waiting>()
  const greeting = await greetingOf(socket, (line) => settle(waiting, JSON.parse(line) as Reply))
  if (greeting === 'hung up') return undefined
  if (greeting === 'silent') {
    const { storeLocked } = await import('../store/lock.ts')
    throw await storeLocked(dataDir)
  }
  checkHello(greeting.hello, socket)
  return { daemon: operationsOver(socket, waiting), close: () => hangUp(socket) }
}

function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code && NOBODY.includes(error.code)) resolve(undefined)
      else reject(new AmsctlError('DAEMON_DOWN', `cannot reach the daemon: ${error.message}`, { cause: error }))
    })
  })
}

type Greeting = { readonly hello: string } | 'hung up' | 'silent'

/** Waits for the first line; every later one goes to `onReply`. */
function greetingOf(socket: Socket, onReply: (line: string) => void): Promise<Greeting> {
  return new Promise((resolve) => {
    let onLine = (hello: string) => {
      onLine = onReply
      socket.setTimeout(0)
      resolve({ hello })
    }
    readLines(socket, Number.POSITIVE_INFINITY, (line) => onLine(line))
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve('hung up'))
    socket.setTimeout(PATIENCE, () => {
      resolve('silent')
      socket.destroy()
    })
  })
}

function checkHello(line: string, socket: Socket): void {
  const hello = JSON.parse(line) as Hello
  if (hello.protocol === PROTOCOL) return
  socket.destroy()
  throw new AmsctlError('DAEMON_VERSION', `the running daemon is amsctl ${hello.amsctl}; restart it with this version`)
}

/** An object whose every method is a call over `socket`. */
function operationsOver(socket: Socket, waiting: Map<number, Waiting>): DaemonOperations {
  const stopped = () => new AmsctlError('DAEMON_DOWN', 'the daemon stopped before it answered')
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(stopped())
    waiting.clear()
  })
  let id = 0
  const call = (method: string, params: unknown) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(stopped())
      waiting.set(++id, { resolve, reject })
      socket.write(`${JSON.stringify({ id, method, params })}\n`)
    })
  return new Proxy({} as DaemonOperations, {
    get: (_, method) =>
      typeof method === 'string' && method !== 'then' ? (params: unknown) => call(method, params) : undefined,
  })
}

function settle(waiting: Map<number, Waiting>, reply: Reply): void {
  const caller = waiting.get(reply.id)
  waiting.delete(reply.id)
  if ('error' in reply) {
    const { code, message } = reply.error
    const known: ErrorCode = Object.hasOwn(ERRORS, code) ? code : 'INTERNAL'
    caller?.reject(new AmsctlError(known, message))
  } else {
    caller?.resolve(reply.result)
  }
}

function hangUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) {
      resolve()
      return
    }
    socket.once('close', () => resolve())
    socket.end()
  })
}
