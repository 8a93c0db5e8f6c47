import type { Milliseconds } from '../../domain/units.ts'
import { readRtcp } from '../rtp/rtcp-reader.ts'

/** Who could not be sent anything for so long is let go. */
const LATEST: Milliseconds = 15_000

export interface OutletViewer {
  /** False: it cannot take the packet now. */
  send(packet: Buffer): boolean
  onEnd(reason: 'stream-ended' | 'slow'): void
}

export interface OutletSeat {
  readonly bytes: number
  /** Takes what the viewer reports. */
  receive(rtcp: Buffer): void
  leave(): void
}

export interface SeatOwner {
  find(ssrc: number, sequenceNumber: number): Buffer | undefined
  forget(seat: Seat): void
  /** The viewer has lost too much to go on, or has just come. */
  wantKeyFrame(): void
}

/** One viewer: gets everything, or nothing until the next key frame once it could not take something. */
export class Seat implements OutletSeat {
  bytes = 0
  readonly #viewer: OutletViewer
  readonly #owner: SeatOwner
  #over = false
  #skipping = true
  #takenAt: Milliseconds | undefined

  constructor(viewer: OutletViewer, owner: SeatOwner) {
    this.#viewer = viewer
    this.#owner = owner
  }

  deliver(packet: Buffer, now: Milliseconds, entry: boolean): void {
    this.#takenAt ??= now
    if (this.#skipping && !entry) return
    this.#skipping = !this.#viewer.send(packet)
    if (!this.#skipping) {
      this.bytes += packet.length
      this.#takenAt = now
    } else if (now - this.#takenAt > LATEST) this.end('slow')
  }

  control(packet: Buffer): void {
    this.#viewer.send(packet)
  }

  receive(rtcp: Buffer): void {
    for (const message of readRtcp(rtcp)) {
      if (message.kind === 'nack') this.#sendAgain(message.mediaSsrc, message.lost)
      else if (message.kind === 'pli' || message.kind === 'fir') this.#owner.wantKeyFrame()
    }
  }

  end(reason: 'stream-ended' | 'slow'): void {
    if (this.#over) return
    this.leave()
    this.#viewer.onEnd(reason)
  }

  leave(): void {
    this.#over = true
    this.#owner.forget(this)
  }

  #sendAgain(ssrc: number, lost: readonly number[]): void {
    for (const sequence of lost) {
      const packet = this.#owner.find(ssrc, sequence)
      if (packet && this.#viewer.send(packet)) this.bytes += packet.length
    }
  }
}
