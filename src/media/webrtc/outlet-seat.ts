import type { Milliseconds } from '../../domain/units.ts'
import { readRtcp } from '../rtp/rtcp-reader.ts'

/** Who could not be sent anything for so long is let go. */
const LATEST: Milliseconds = 15_000

/** Packets sent again to one viewer; as many as a viewer of 10 Mbit/s that gets nothing would miss. */
const MOST_AGAIN_PER_SECOND = 1000

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
  now(): Milliseconds
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
  #again = { left: MOST_AGAIN_PER_SECOND, at: Number.NEGATIVE_INFINITY }

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

  /** One report may name thousands of packets (RFC 4585 section 6.2.1), and the same ones over and over. */
  #sendAgain(ssrc: number, lost: readonly number[]): void {
    const now = this.#owner.now()
    const earned = ((now - this.#again.at) * MOST_AGAIN_PER_SECOND) / 1000
    const left = Math.floor(Math.min(MOST_AGAIN_PER_SECOND, this.#again.left + earned))
    this.#again = { left: Math.max(0, left - lost.length), at: now }
    for (const sequence of lost.slice(0, left)) {
      const packet = this.#owner.find(ssrc, sequence)
      if (packet && this.#viewer.send(packet)) this.bytes += packet.length
    }
  }
}
