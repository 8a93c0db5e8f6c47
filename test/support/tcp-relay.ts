import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** A way to a port of the loopback that can be cut off. */
export class TcpRelay {
  readonly #server: Server
  readonly #target: number
  readonly #far = new Map<Socket, Socket>()
  #isCut = false
  #delays: number[] = []
  #breaking = { at: '', times: 0 }

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    server.on('connection', (socket) => void this.#pass(socket))
  }

  static async to(target: number): Promise<TcpRelay> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const relay = new TcpRelay(server, target)
    onTestFinished(() => {
      server.close()
      relay.cut()
    })
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection, and each one that is tried meanwhile. */
  cut(): void {
    this.#isCut = true
    for (const near of this.#far.keys()) near.destroy()
  }

  /** Nothing passes any more on the connections that there are, of which neither end is told. */
  hush(): void {
    for (const ends of this.#far) for (const socket of ends) socket.unpipe().pause()
  }

  /** What is sent on the connections that there are arrives; no answer comes back. */
  mute(): void {
    for (const [near, far] of this.#far) far.unpipe(near).resume()
  }

  /** The first of those that connect from now on are kept waiting for so many milliseconds. */
  heal(...delays: number[]): void {
    this.#delays = delays
    this.#isCut = false
  }

  /** Breaks a connection as soon as `at` is sent on it, so many times. */
  breakAt(at: string, times: number): void {
    this.#breaking = { at, times }
  }

  /** How many times more. */
  get breaksLeft(): number {
    return this.#breaking.times
  }

  async #pass(near: Socket): Promise<void> {
    near.on('error', () => {})
    if (this.#isCut) return void near.destroy()
    await sleep(this.#delays.shift() ?? 0)
    if (this.#isCut || near.destroyed) return void near.destroy()
    const far = connect(this.#target, '127.0.0.1').on('error', () => {})
    this.#far.set(near, far)
    near.prependListener('data', (sent: Buffer) => {
      if (this.#breaking.times === 0 || !sent.includes(this.#breaking.at)) return
      this.#breaking.times--
      near.destroy()
    })
    near.pipe(far).pipe(near)
    near.on('close', () => {
      this.#far.delete(near)
      far.destroy()
    })
    far.on('close', () => near.destroy())
  }
}
