import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../domain/units.ts'
import type { MediaPacket } from '../ports.ts'

/** No picture waits longer for its sound. */
const LONGEST_HOLD: Milliseconds = 1000
/** Until the first: a transcoder takes its time to start on a busy machine, and players of FLV go by what comes first. */
const LONGEST_START: Milliseconds = 3000
/** Sound that stopped going in is not waited for. */
const QUIET: Milliseconds = 500
/** More does not wait, however late its sound: a stream of 40 Mbit/s fills this in three seconds. */
const LARGEST_HOLD = 16 * 1024 * 1024
const MOST_HELD = 2048

interface Held {
  readonly packet: MediaPacket
  readonly since: Milliseconds
}

/** Holds pictures until the sound of their time has been transcoded, so that both go on in the order of their times. */
export class Interleave {
  readonly #emit: (packet: MediaPacket) => void
  readonly #now: () => Milliseconds
  #held: Held[] = []
  #heldBytes = 0
  #timer: NodeJS.Timeout | undefined
  #soundWentIn: Milliseconds
  /** Of the sound that came out last. */
  #soundAt: Milliseconds | undefined
  #isGivenUp = false

  constructor(emit: (packet: MediaPacket) => void, now: () => Milliseconds = () => performance.now()) {
    this.#emit = emit
    this.#now = now
    this.#soundWentIn = now()
  }

  get #longest(): Milliseconds {
    return this.#soundAt === undefined ? LONGEST_START : LONGEST_HOLD
  }

  get #isFull(): boolean {
    return this.#held.length > MOST_HELD || this.#heldBytes > LARGEST_HOLD
  }

  /** Sound goes into the transcoder. */
  expectSound(): void {
    this.#soundWentIn = this.#now()
  }

  /** None comes out of the transcoder any more, whatever goes in. */
  giveUpSound(): void {
    this.#isGivenUp = true
    this.flush()
  }

  /** Sound came out of the transcoder. */
  pushSound(packet: MediaPacket): void {
    this.#isGivenUp = false
    if (!packet.config) this.#soundAt = packet.dts
    // Headers first, so that whoever begins here is told of all tracks.
    this.#release(({ packet: held }) => held.config || (!packet.config && isBefore(held, packet.dts)))
    this.#emit(packet)
  }

  /** A picture, or metadata. */
  push(packet: MediaPacket): void {
    this.#held.push({ packet, since: this.#now() })
    this.#heldBytes += packet.payload.length
    this.#releaseDue()
  }

  /** Whatever is held goes on now. */
  flush(): void {
    this.#release(() => true)
  }

  #releaseDue(): void {
    const now = this.#now()
    const at = this.#soundAt
    const quiet = this.#isGivenUp || now - this.#soundWentIn > QUIET
    this.#release(({ packet, since }) => {
      return quiet || since + this.#longest <= now || (at !== undefined && (packet.config || isBefore(packet, at)))
    })
  }

  /** In their order, up to the first that `may` not. */
  #release(may: (held: Held) => boolean): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#held[0] && (this.#isFull || may(this.#held[0]))) {
      const { packet } = this.#held[0]
      this.#held.shift()
      this.#heldBytes -= packet.payload.length
      this.#emit(packet)
    }
    const [first] = this.#held
    if (first)
      this.#timer = setTimeout(() => this.#releaseDue(), Math.max(1, first.since + this.#longest - this.#now())).unref()
  }
}

/** Not after `dts`, where times wrap at 2^32. */
function isBefore(packet: MediaPacket, dts: Milliseconds): boolean {
  return (packet.dts - dts) >> 0 <= 0
}
