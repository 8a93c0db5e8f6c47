import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../domain/units.ts'
import type { Batch } from './batch.ts'
import type { Seat, Viewer } from './ports.ts'

const MIB = 1024 * 1024
/** With more queued than this, a viewer gets nothing until the next key frame. */
const SKIP_ABOVE = 2 * MIB
/** With more queued than this, it is let go. */
const DROP_ABOVE = 8 * MIB
/** How late a byte may be before its viewer is let go. */
const LATEST: Milliseconds = 15_000

/** One viewer's place: writes straight to its socket, and skips or ends it when it cannot keep up. */
export class ViewerSeat implements Seat {
  bytes = 0
  readonly #viewer: Viewer
  readonly #leave: (seat: ViewerSeat) => void
  #over = false
  #opened = false
  #skipping = false
  /** Version of the stream's headers that this viewer holds. */
  #version = 0
  /** So many bytes had been handed over at that time; they must have left within {@link LATEST}. */
  #mark = { bytes: 0, at: performance.now() }

  constructor(viewer: Viewer, leave: (seat: ViewerSeat) => void) {
    this.#viewer = viewer
    this.#leave = leave
  }

  get format(): Viewer['format'] {
    return this.#viewer.format
  }

  /** Sends the stream as it stands; `complete` says whether the viewer can go on with any packet from here. */
  open(start: Buffer, version: number, complete: boolean): void {
    this.#opened = true
    this.#version = version
    this.#skipping = !complete
    this.#write(start)
  }

  deliver(batch: Batch, now: Milliseconds): void {
    const queued = this.#viewer.socket.writableLength
    if (queued > DROP_ABOVE || this.#isLate(queued, now)) {
      this.end('slow')
      return
    }
    if (queued > SKIP_ABOVE) this.#skipping = true
    if (this.#skipping && (queued > SKIP_ABOVE || !batch.entry)) return
    this.#skipping = false
    if (!this.#opened) this.#write(batch.opening.get(this.format))
    else if (this.#version !== batch.versionBefore) this.#write(batch.headers.get(this.format))
    this.#opened = true
    this.#version = batch.versionAfter
    this.#write(batch.media.get(this.format))
  }

  end(reason: 'stream-ended' | 'slow'): void {
    if (this.#over) return
    this.leave()
    this.#viewer.onEnd(reason)
  }

  leave(): void {
    if (this.#over) return
    this.#over = true
    this.#leave(this)
  }

  #isLate(queued: number, now: Milliseconds): boolean {
    if (this.bytes - queued >= this.#mark.bytes) this.#mark = { bytes: this.bytes, at: now }
    return now - this.#mark.at > LATEST
  }

  #write(data: Buffer): void {
    const { socket } = this.#viewer
    if (data.length === 0 || !socket.writable) return
    this.bytes += data.length
    socket.write(data)
  }
}
