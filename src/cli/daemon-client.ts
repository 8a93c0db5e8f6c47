import { existsSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { AmsctlError, ERRORS, type ErrorCode } from '../domain/errors.ts'
import { type Hello, PROTOCOL, type Reply } from '../server/control/protocol.ts'
import { controlSocketPath } from '../server/control/socket-path.ts'
import type { DaemonOperations } from '../services/operations.ts'

export interface DaemonConnection {
  readonly daemon: DaemonOperations
  close(): Promise<void>
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Connects to the daemon of `dataDir`; undefined where none listens. */
export async function connectDaemon(dataDir: string): Promise<DaemonConnection | undefined> {
  if (!existsSync(dataDir)) return undefined
  const socket = await dial(controlSocketPath(dataDir))
  if (!socket) return undefined
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
  checkHello(await firstLine(lines, socket))
  return { daemon: operationsOver(socket, lines), close: () => hangUp(socket) }
}

function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(new AmsctlError('DAEMON_DOWN', `cannot reach the daemon: ${error.message}`, { cause: error }))
    })
  })
}

function firstLine(lines: Interface, socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('line', resolve)
    socket.once('close', () => reject(new AmsctlError('DAEMON_DOWN', 'the daemon hung up; is it stopping?')))
  })
}

function checkHello(line: string): void {
  const hello = JSON.parse(line) as Hello
  if (hello.protocol === PROTOCOL) return
  throw new AmsctlError('DAEMON_VERSION', `the running daemon is amsctl ${hello.amsctl}; restart it with this version`)
}

/** An object whose every method is a call over `socket`. */
function operationsOver(socket: Socket, lines: Interface): DaemonOperations {
  const waiting = new Map<number, Waiting>()
  lines.on('line', (line) => settle(waiting, JSON.parse(line) as Reply))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    for (const { reject } of waiting.values())
      reject(new AmsctlError('DAEMON_DOWN', 'the daemon stopped before it answered'))
    waiting.clear()
  })
  let id = 0
  const call = (method: string, params: unknown) =>
    new Promise((resolve, reject) => {
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
