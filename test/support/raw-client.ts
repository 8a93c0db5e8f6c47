import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'

/** A client that sends exactly the bytes that it is told to, and keeps all that comes back. */
export class RawClient {
  readonly socket: Socket
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    // A reset is one of the answers that a hostile client may get.
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  }

  static async to(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  send(data: string | Uint8Array): this {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
    return this
  }

  get text(): string {
    return this.#received.toString('latin1')
  }

  get received(): Buffer {
    return this.#received
  }

  async receives(text: string): Promise<void> {
    await eventually(() => {
      if (this.text.includes(text)) return true
      if (this.socket.closed) throw new Error(`closed before "${text}": ${this.text.slice(0, 500)}`)
      return undefined
    })
  }

  /** Resolves with all that was received when the server has closed the connection. */
  async closed(): Promise<string> {
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve))
    return this.text
  }
}
