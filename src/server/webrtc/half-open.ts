import { guesserOf } from '../../domain/address.ts'

export interface HalfOpenLimits {
  /** Negotiations that have not come to media yet, of all clients and of one address (IPv6: /64). */
  readonly mostNegotiating: number
  readonly mostOfAddress: number
}

export const DEFAULT_HALF_OPEN: HalfOpenLimits = { mostNegotiating: 500, mostOfAddress: 64 }

/** Who negotiates, of which there are no more than there may be. */
export class HalfOpen {
  readonly #limits: HalfOpenLimits
  readonly #addresses = new Map<object, string>()
  readonly #ofAddress = new Map<string, number>()

  constructor(limits: Partial<HalfOpenLimits> = {}) {
    this.#limits = { ...DEFAULT_HALF_OPEN, ...limits }
  }

  /** False: there is no room for it. */
  add(waiting: object, address: string): boolean {
    const { mostNegotiating, mostOfAddress } = this.#limits
    const host = guesserOf(address)
    const count = this.#ofAddress.get(host) ?? 0
    if (this.#addresses.size >= mostNegotiating || count >= mostOfAddress) return false
    this.#addresses.set(waiting, host)
    this.#ofAddress.set(host, count + 1)
    return true
  }

  /** Waits no more; idempotent. */
  remove(waiting: object): void {
    const host = this.#addresses.get(waiting)
    if (host === undefined) return
    this.#addresses.delete(waiting)
    const left = (this.#ofAddress.get(host) ?? 0) - 1
    if (left > 0) this.#ofAddress.set(host, left)
    else this.#ofAddress.delete(host)
  }
}
