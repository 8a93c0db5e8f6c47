import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { AmsctlError, asAmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import type { Log } from '../../services/log.ts'
import { VERSION } from '../../services/version.ts'
import { readLines } from './lines.ts'
import { type Call, type Hello, PROTOCOL, type Reply } from './protocol.ts'

/** Room for the ids of a million tokens to revoke. */
const LONGEST_CALL = 1 << 25
/** How long a command may take to read its last answer as the daemon stops. */
const FAREWELL: Milliseconds = 1000

export interface ControlServer {
  /** Listens on `path` with mode 0600. The caller holds the store's lock, so a socket found there is stale. */
  start(path: string): Promise<void>
  /** Answers what was asked before, then hangs up. */
  close(): Promise<void>
}

/** Serves `operations` to commands on this machine; the file's mode says who may connect. */
export function createControlServer(operations: DaemonOperations, log: Log): ControlServer {
  const sockets = new Set<Socket>()
  const underWay = new Set<Promise<void>>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => log.debug({ error: error.message }, 'control connection failed'))
    send(socket, helloLine())
    readLines(socket, LONGEST_CALL, (line) => {
      const answering = answer(line, operations, log).then((reply) => send(socket, reply))
      underWay.add(answering)
      void answering.finally(() => underWay.delete(answering))
    })
  })
  return {
    start: (path) => listenPrivately(server, path, log),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, FAREWELL)
      await Promise.race([Promise.all(underWay), closed])
      for (const socket of sockets) socket.end()
      await closed
      clearTimeout(cut)
    },
  }
}

function listenPrivately(server: Server, path: string, log: Log): Promise<void> {
  rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.on('error', (cause) => {
      // Once it listens, this is about one connection that could not be accepted.
      log.warn({ error: cause.message }, 'control socket failed')
      reject(new AmsctlError('STORE_FAILED', `cannot listen on ${path}: ${cause.message}`, { cause }))
    })
    // The socket file is made inside listen(), so it has this mode from its first moment.
    const before = process.umask(0o177)
    try {
      server.listen(path, resolve)
    } finally {
      process.umask(before)
    }
  })
}

function send(socket: Socket, line: string): void {
  if (socket.writable) socket.write(line)
}

function helloLine(): string {
  return lineOf({ amsctl: VERSION, protocol: PROTOCOL })
}

function lineOf(message: Hello | Reply): string {
  return `${JSON.stringify(message)}\n`
}

/** Never rejects: a result that is too long for a string is a failed call as well. */
async function answer(line: string, operations: DaemonOperations, log: Log): Promise<string> {
  let id = 0
  try {
    const call = readCall(line)
    id = call.id
    return lineOf({ id, result: (await invoke(operations, call)) ?? null })
  } catch (thrown) {
    const error = asAmsctlError(thrown)
    if (error.code === 'INTERNAL') log.error({ error: String(error.cause) }, 'a control call failed')
    return lineOf({ id, error: { code: error.code, message: error.message } })
  }
}

function readCall(line: string): Call {
  const call = readJson(line)
  if (typeof call === 'object' && call !== null && 'id' in call && 'method' in call) {
    const { id, method } = call
    const params = 'params' in call ? call.params : undefined
    if (typeof id === 'number' && typeof method === 'string') return { id, method, params }
  }
  throw new AmsctlError('BAD_REQUEST', 'a control call is an object with a number "id" and a string "method"')
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new AmsctlError('BAD_REQUEST', 'a control call must be one JSON object a line', { cause })
  }
}

function invoke(operations: DaemonOperations, { method, params }: Call): Promise<unknown> {
  if (!Object.hasOwn(operations, method)) throw new AmsctlError('BAD_REQUEST', `no operation "${method}"`)
  const operation = operations[method as keyof DaemonOperations] as (params: unknown) => Promise<unknown>
  return operation(params)
}
