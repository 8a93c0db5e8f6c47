import type { WhipLimits } from './limits.ts'

/** Who waits for a connection, of which there are no more than there may be. */
export class HalfOpen {
  readonly #limits: Pick<WhipLimits, 'mostNegotiating' | 'mostOfAddress'>
  readonly #addresses = new Map<object, string>()
  readonly #ofAddress = new Map<string, number>()

  constructor(limits: Pick<WhipLimits, 'mostNegotiating' | 'mostOfAddress'>) {
    this.#limits = limits
  }

  hasRoomFor(address: string): boolean {
    const { mostNegotiating, mostOfAddress } = this.#limits
    return this.#addresses.size < mostNegotiating && this.#count(address) < mostOfAddress
  }

  add(waiting: object, address: string): void {
    this.#addresses.set(waiting, address)
    this.#ofAddress.set(address, this.#count(address) + 1)
  }

  /** Waits no more; idempotent. */
  remove(waiting: object): void {
    const address = this.#addresses.get(waiting)
    if (address === undefined) return
    this.#addresses.delete(waiting)
    const left = this.#count(address) - 1
    if (left > 0) this.#ofAddress.set(address, left)
    else this.#ofAddress.delete(address)
  }

  #count(address: string): number {
    return this.#ofAddress.get(address) ?? 0
  }
}
