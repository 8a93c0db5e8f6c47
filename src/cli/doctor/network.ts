import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { DaemonStatus, Listener } from '../../services/daemon-operations.ts'
import { type Check, named, reasonOf } from './check.ts'

const PATIENCE = 2000

export interface Ports {
  readonly host: string
  readonly rtmp: number
  readonly http: number
  /** Of the doors that are open with a certificate only; null: there is none. */
  readonly tls: { readonly rtmps: number; readonly https: number } | null
  readonly webrtc: number
}

/** With a daemon: whether its listeners answer. Without: whether its ports are free. */
export function checkPorts(ports: Ports, status: DaemonStatus | null): Promise<Check[]> {
  return status === null ? checkFree(ports) : checkListeners(status)
}

function checkFree({ host, rtmp, http, tls, webrtc }: Ports): Promise<Check[]> {
  const tcp = Object.entries({ rtmp, http, ...tls })
  return Promise.all([
    ...tcp.map(([door, port]) => attempt(`port-${door}`, `TCP port ${port} is free`, () => bindTcp(host, port))),
    attempt('port-webrtc', `UDP port ${webrtc} is free`, () => bindUdp(host, webrtc)),
  ])
}

async function checkListeners({ listen }: DaemonStatus): Promise<Check[]> {
  const doors = (['rtmp', 'rtmps', 'http', 'https'] as const).flatMap((door) => {
    const listener = listen[door]
    return listener ? [{ door, ...listener }] : []
  })
  const answers = await Promise.all(
    doors.map(({ door, host, port }) =>
      attempt(`listener-${door}`, `the daemon answers on TCP port ${port}`, () => connect(reachable(host), port)),
    ),
  )
  return [...answers, checkWebrtcListener(listen.webrtc)]
}

/** As the daemon tells it: its UDP port answers to nobody but the peers that were given its secrets (RFC 8445). */
function checkWebrtcListener(listener: Listener | null): Check {
  const result = named('listener-webrtc', 'network')
  return listener
    ? result('ok', `the daemon takes WebRTC on UDP port ${listener.port}`)
    : result('warn', 'the daemon takes no WebRTC; its log tells why')
}

/** Whether datagrams pass on the loopback, without which no WebRTC peer of this machine is reached. */
export function checkLoopback(): Promise<Check> {
  return attempt('udp-loopback', 'UDP datagrams pass on 127.0.0.1', async () => {
    const socket = createSocket('udp4')
    try {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      const received = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE) })
      socket.send('amsctl', socket.address().port, '127.0.0.1')
      await received
    } finally {
      socket.close()
    }
  })
}

async function attempt(name: string, message: string, action: () => Promise<void>): Promise<Check> {
  const result = named(name, 'network')
  try {
    await action()
    return result('ok', message)
  } catch (error) {
    return result('fail', reasonOf(error))
  }
}

async function bindTcp(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function bindUdp(host: string, port: number): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(port, host)
  await once(socket, 'listening')
  socket.close()
  await once(socket, 'close')
}

async function connect(host: string, port: number): Promise<void> {
  const socket = createConnection({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE) })
  } finally {
    socket.destroy()
  }
}

/** Where a listener on every address is reached from here. */
function reachable(host: string): string {
  if (host === '::') return '::1'
  return host === '0.0.0.0' ? '127.0.0.1' : host
}
