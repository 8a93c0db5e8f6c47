import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { Connection } from './connection.ts'

const TELL_EVERY: Milliseconds = 60_000

export interface PeersOptions {
  readonly most: number
  /** Somebody was refused; told once a minute at the most. */
  readonly onFull: () => void
}

/** The open connections, no more than there may be. */
export class Peers {
  readonly #options: PeersOptions
  readonly #open = new Set<Connection>()
  #toldAt: Milliseconds = Number.NEGATIVE_INFINITY

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** TOO_MANY_CONNECTIONS. */
  add(make: () => Connection): Connection {
    if (this.#open.size >= this.#options.most) {
      this.#tell()
      throw new AmsctlError('TOO_MANY_CONNECTIONS', 'no more WebRTC connections can be taken now; try again later')
    }
    const connection = make()
    this.#open.add(connection)
    connection.onClosed(() => this.#open.delete(connection))
    return connection
  }

  close(): void {
    for (const connection of [...this.#open]) connection.close()
  }

  #tell(): void {
    const now = performance.now()
    if (now - this.#toldAt < TELL_EVERY) return
    this.#toldAt = now
    this.#options.onFull()
  }
}
