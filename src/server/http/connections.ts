import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '../../domain/units.ts'

/** Every connection of a server: none can raise an unhandled error, and all can be ended. */
export class Connections {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#watch(socket))
    server.on('secureConnection', (socket: Socket) => this.#watch(socket))
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

  #watch(socket: Socket): void {
    if (this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A broken connection is its owner's 'close'; the error tells no more.
    socket.on('error', () => socket.destroy())
  }
}

/** The timer was not needed. */
function ignoreAbort(): void {}
