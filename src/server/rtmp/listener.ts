import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'

const TLS_HANDSHAKE: Milliseconds = 10_000

export interface TlsFiles {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** A client's socket and the TCP connection below it, which is the same without TLS. */
export type OnSocket = (socket: Socket, carrier: Socket) => void

/** A TCP or TLS server that hands over sockets ready to be read. */
export function createListener(tls: TlsFiles | undefined, onSocket: OnSocket): Server {
  if (!tls) return createServer((socket) => onSocket(socket, socket))
  const carriers = new Map<string, Socket>()
  const server = usable(() => createTlsServer({ ...tls, handshakeTimeout: TLS_HANDSHAKE }))
  server.on('connection', (carrier: Socket) => {
    const peer = peerOf(carrier)
    carriers.set(peer, carrier)
    carrier.once('close', () => carriers.delete(peer))
  })
  server.on('secureConnection', (socket) => {
    const carrier = carriers.get(peerOf(socket))
    if (carrier) onSocket(socket, carrier)
    else socket.destroy()
  })
  // A client that speaks no TLS; its socket is closed by the server.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

export function changeCertificate(server: Server, tls: TlsFiles): void {
  usable(() => (server as TlsServer).setSecureContext({ ...tls }))
}

function usable<T>(use: () => T): T {
  try {
    return use()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('TLS_UNUSABLE', `the TLS certificate or key cannot be used: ${reason}`, { cause })
  }
}

/** Listens; rejects with PORT_TAKEN or, for an address that is not ours to use, BAD_VALUE. */
export function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(describeListenError(error, host, port))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      const address = server.address()
      resolve({ host, port: address && typeof address === 'object' ? address.port : port })
    })
  })
}

function describeListenError(cause: NodeJS.ErrnoException, host: string, port: number): AmsctlError {
  if (cause.code === 'EADDRINUSE') {
    return new AmsctlError('PORT_TAKEN', `port ${port} on ${host} is taken by another program`, { cause })
  }
  return new AmsctlError('BAD_VALUE', `cannot listen on ${host} port ${port}: ${cause.message}`, { cause })
}
