import type { Socket } from 'node:net'
import { canonicalAddress } from '../../domain/address.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { Log } from '../../services/log.ts'
import { ProtocolError } from './protocol-error.ts'

const KEEP_ALIVE: Milliseconds = 30_000
const BEHIND = 64 * 1024

/** What a client is connected by; the two are the same without TLS. */
export interface Wire {
  readonly socket: Socket
  /** The TCP connection. */
  readonly carrier: Socket
}

interface ClientSocketOptions {
  readonly log: Log
  /** How long a client that was told to go may stay connected. */
  readonly closingTimeout: Milliseconds
  readonly onData: (data: Buffer) => void
  /** The connection is over; perhaps called more than once. */
  readonly onGone: () => void
}

/** A client's socket, which ends politely or at once; after either, nothing that it sends is looked at. */
export class ClientSocket {
  readonly socket: Socket
  readonly address: string
  readonly #carrier: Socket
  readonly #options: ClientSocketOptions
  #closing = false
  #timer: NodeJS.Timeout | undefined

  constructor({ socket, carrier }: Wire, options: ClientSocketOptions) {
    this.socket = socket
    this.#carrier = carrier
    this.address = canonicalAddress(socket.remoteAddress ?? '')
    this.#options = options
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE)
    socket.on('data', (data) => this.guard(() => options.onData(data)))
    socket.on('timeout', () => this.drop('silent for too long'))
    // Whatever it was, 'close' follows.
    socket.on('error', (error) => options.log.debug({ address: this.address, error: error.message }, 'rtmp socket'))
    socket.on('close', () => this.#gone())
  }

  get isGone(): boolean {
    return this.#closing || this.socket.destroyed
  }

  /** Whatever is thrown over what a client sends ends that client alone. */
  guard(work: () => void): void {
    if (this.#closing) return
    try {
      work()
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#options.log.error({ address: this.address, error }, 'rtmp bug')
      this.drop(error instanceof Error ? error.message : String(error))
    }
  }

  /** Drops the client after `span`, unless {@link expectNothing} comes before. */
  expectWithin(span: Milliseconds, what: string): void {
    this.expectNothing()
    this.#timer = setTimeout(() => this.drop(`no ${what} in time`), span)
  }

  expectNothing(): void {
    clearTimeout(this.#timer)
  }

  /** Drops the client when it falls silent; 0: never. */
  limitSilence(span: Milliseconds): void {
    this.socket.setTimeout(span)
  }

  /** Drops a client that leaves more than `mostUnread` bytes unread. */
  write(data: Buffer, mostUnread: number): void {
    if (!this.socket.writable) return
    this.socket.write(data)
    if (this.socket.writableLength > mostUnread) this.drop('does not read')
  }

  /** Ends politely: the client gets a moment to read why, and is read so that no reset overtakes that. */
  finish(): void {
    this.#finish(() => this.socket.destroy(), this.#options.closingTimeout)
  }

  /** Whether the client has not taken what was sent to it a while ago; under TLS a little always waits. */
  get isBehind(): boolean {
    return this.socket.writableLength > BEHIND
  }

  /** Ends a client that must get nothing more of what waits for it; `patience` is for it to read why. */
  cutOff(patience: Milliseconds): void {
    this.#finish(() => this.#carrier.resetAndDestroy(), patience)
  }

  #finish(cut: () => void, patience: Milliseconds): void {
    if (this.#closing) return
    this.#closing = true
    this.limitSilence(0)
    this.socket.end()
    this.socket.resume()
    this.expectNothing()
    this.#timer = setTimeout(cut, patience)
  }

  drop(why: string): void {
    if (this.isGone) return
    this.#options.log.debug({ address: this.address, why }, 'rtmp client dropped')
    this.socket.destroy()
    this.#gone()
  }

  #gone(): void {
    this.#closing = true
    this.expectNothing()
    this.#options.onGone()
  }
}
