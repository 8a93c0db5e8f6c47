import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { AmsctlError, asAmsctlError } from '../../domain/errors.ts'
import type { Log } from '../../services/log.ts'
import type { DaemonOperations } from '../../services/operations.ts'
import { VERSION } from '../../services/version.ts'
import { type Call, type Hello, PROTOCOL, type Reply } from './protocol.ts'

export interface ControlServer {
  /** Listens on `path` with mode 0600. The caller holds the store's lock, so a socket found there is stale. */
  start(path: string): Promise<void>
  close(): Promise<void>
}

/** Serves `operations` to commands on this machine; the file's mode says who may connect. */
export function createControlServer(operations: DaemonOperations, log: Log): ControlServer {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => log.debug({ error: error.message }, 'control connection failed'))
    serve(socket, operations, log)
  })
  return {
    start: (path) => listenPrivately(server, path),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.end()
        server.close(() => resolve())
      }),
  }
}

function listenPrivately(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
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

function serve(socket: Socket, operations: DaemonOperations, log: Log): void {
  const send = (message: Hello | Reply) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
  }
  send({ amsctl: VERSION, protocol: PROTOCOL })
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    void answer(line, operations, log).then(send)
  })
}

async function answer(line: string, operations: DaemonOperations, log: Log): Promise<Reply> {
  let id = 0
  try {
    const call = readCall(line)
    id = call.id
    return { id, result: (await invoke(operations, call)) ?? null }
  } catch (thrown) {
    const error = asAmsctlError(thrown)
    if (error.code === 'INTERNAL') log.error({ error: String(error.cause) }, 'a control call failed')
    return { id, error: { code: error.code, message: error.message } }
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
