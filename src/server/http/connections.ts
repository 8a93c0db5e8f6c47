import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '../../domain/units.ts'

/** The TCP connection below one of TLS. */
const carriers = new WeakMap<Socket, Socket>()

/** Ends a connection this instant: what the kernel holds for a client that reads slowly is not sent any more. */
export function cutOff(socket: Socket): void {
  const carrier = carriers.get(socket) ?? socket
  carrier.resetAndDestroy()
}

/** Every connection of a server: none can raise an unhandled error, and all can be ended. */
export class Connections {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** The connections of TCP, by their other ends. */
  readonly #byPeer = new Map<string, Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => this.#watchPlain(socket))
    server.on('secureConnection', (socket: Socket) => this.#watchSecure(socket))
  }

  /** Takes no more connections; those that have not ended by themselves after `patience` are destroyed. */
  async close(patience: Milliseconds): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    // Browsers connect ahead of need; nobody waits for anything there.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    const deadline = new AbortController()
    await Promise.race([closed, sleep(patience, undefined, { signal: deadline.signal }).catch(ignoreAbort)])
    deadline.abort()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #watchPlain(socket: Socket): void {
    if (this.#sockets.has(socket)) return
    const peer = peerOf(socket)
    this.#byPeer.set(peer, socket)
    socket.once('close', () => this.#byPeer.delete(peer))
    this.#watch(socket)
  }

  #watchSecure(socket: Socket): void {
    const carrier = this.#byPeer.get(peerOf(socket))
    if (carrier) carriers.set(socket, carrier)
    this.#watch(socket)
  }

  #watch(socket: Socket): void {
    if (this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A broken connection is its owner's 'close'; the error tells no more.
    socket.on('error', () => socket.destroy())
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** The timer was not needed. */
function ignoreAbort(): void {}
