import type { Server, Socket } from 'node:net'
import { AmsctlError } from '../../domain/errors.ts'
import type { MediaHub } from '../../media/ports.ts'
import type { AccessControl } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import type { RtmpConnection } from './connection.ts'
import { DEFAULT_LIMITS, type RtmpLimits } from './limits.ts'
import { changeCertificate, createListener, listen, type TlsFiles } from './listener.ts'

export interface RtmpServerOptions {
  readonly access: AccessControl
  readonly hub: MediaHub
  /** The apps that are served; any other is not found. */
  readonly apps: readonly string[]
  readonly protocol: 'rtmp' | 'rtmps'
  /** For rtmps. */
  readonly tls?: TlsFiles
  readonly log: Log
  readonly limits?: Partial<RtmpLimits>
}

export interface RtmpServer {
  /** Resolves with where it really listens; PORT_TAKEN, TLS_UNUSABLE. */
  start(host: string, port: number): Promise<{ host: string; port: number }>
  /** Serves new connections with another certificate; TLS_UNUSABLE leaves the old one in place. */
  setTls(tls: TlsFiles): void
  /** Says goodbye to every client and resolves when all are gone, at the latest after the closing time-out; idempotent. */
  close(): Promise<void>
}

export function createRtmpServer(options: RtmpServerOptions): RtmpServer {
  return new Listener(options)
}

class Listener implements RtmpServer {
  readonly #options: RtmpServerOptions
  readonly #limits: RtmpLimits
  readonly #connections = new Map<Socket, RtmpConnection>()
  /** TCP sockets, those still in their TLS handshake included. */
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #closing: Promise<void> | undefined

  constructor(options: RtmpServerOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
  }

  async start(host: string, port: number): Promise<{ host: string; port: number }> {
    if (this.#server) throw new AmsctlError('INTERNAL', 'the RTMP server was started twice')
    // Loaded here, since node-media-server costs every command that does not serve.
    const { RtmpConnection } = await import('./connection.ts')
    const context = { ...this.#options, limits: this.#limits }
    const server = createListener(this.#options.tls, (socket, carrier) => {
      const connection = new RtmpConnection({ socket, carrier }, context)
      this.#connections.set(socket, connection)
      socket.once('close', () => this.#connections.delete(socket))
    })
    server.maxConnections = this.#limits.connections
    server.on('connection', (socket) => this.#track(socket))
    server.on('drop', () => this.#options.log.warn({ limit: this.#limits.connections }, 'rtmp: too many connections'))
    const address = await listen(server, host, port)
    server.on('error', (error) => this.#options.log.error({ error }, 'rtmp server'))
    this.#server = server
    return address
  }

  setTls(tls: TlsFiles): void {
    if (this.#server && this.#options.tls) changeCertificate(this.#server, tls)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  async #close(): Promise<void> {
    const server = this.#server
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const connection of this.#connections.values()) connection.shutdown()
    const stragglers = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, this.#limits.closingTimeout)
    await closed
    clearTimeout(stragglers)
  }
}
