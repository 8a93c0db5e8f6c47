import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../domain/units.ts'
import { Batch } from './batch.ts'
import { StreamCache } from './gop-cache.ts'
import { mux, PerFormat } from './mux.ts'
import { Pace } from './pace.ts'
import type { MediaPacket, Viewer } from './ports.ts'
import { ViewerSeat } from './seat.ts'

/** More than this is sent at once, whatever the latency asked for. */
const LARGEST_BATCH = 512 * 1024

/** Those who watch a stream by FLV or RTMP: packets are gathered for about `latency` and go out as one Buffer for each format. */
export class Audience {
  readonly #pace: Pace
  readonly #onEmpty: () => void
  readonly #seats = new Set<ViewerSeat>()
  readonly #cache = new StreamCache()
  readonly #tracks = { audio: false, video: false }
  #pending: MediaPacket[] = []
  #pendingBytes = 0
  #flushTimer: NodeJS.Timeout | undefined
  /** Whether a first batch has gone out since the last restart. */
  #begun = false
  #joinStart: PerFormat | undefined

  constructor(latency: Milliseconds, onEmpty: () => void) {
    this.#pace = new Pace(latency)
    this.#onEmpty = onEmpty
  }

  get size(): number {
    return this.#seats.size
  }

  /**
   * A joiner gets what the others have been sent by now; what is pending reaches it with the next batch, like them.
   * So no packet comes twice and none is missing.
   */
  join(viewer: Viewer): ViewerSeat {
    const seat = new ViewerSeat(viewer, (left) => {
      if (this.#seats.delete(left) && this.#seats.size === 0) this.#onEmpty()
    })
    this.#seats.add(seat)
    if (this.#begun) {
      const complete = this.#cache.hasPictures || !this.#tracks.video
      seat.open(this.#startFor(viewer.format), this.#cache.version, complete)
    }
    return seat
  }

  push(packet: MediaPacket): void {
    if (packet.kind !== 'metadata') this.#tracks[packet.kind] = true
    if (packet.key) this.flush()
    this.#pending.push(packet)
    this.#pendingBytes += packet.payload.length
    this.#flushInTime(performance.now())
  }

  /** What is pending goes out now. */
  flush(): void {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    if (this.#pending.length === 0) return
    const packets = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    const now = performance.now()
    const batch = this.#batch(packets)
    for (const seat of this.#seats) seat.deliver(batch, now)
    this.#pace.wrote(now, performance.now())
  }

  /** Nothing follows for now; who comes meanwhile gets the headers. */
  pause(): void {
    this.flush()
    this.#cache.clearPictures()
    this.#joinStart = undefined
  }

  /** What follows has headers and tracks of its own. */
  restart(): void {
    this.flush()
    this.#cache.clear()
    this.#tracks.audio = false
    this.#tracks.video = false
    this.#begun = false
    this.#joinStart = undefined
  }

  end(): void {
    this.flush()
    for (const seat of [...this.#seats]) seat.end('stream-ended')
  }

  #flushInTime(now: Milliseconds): void {
    // The first batch is to tell all tracks, and not only that of its first packet.
    if (!this.#begun && this.#pending.length === 1) this.#pace.restart(now)
    const delay = this.#pace.delay(now)
    if (this.#pendingBytes > LARGEST_BATCH || delay === 0) this.flush()
    else this.#flushTimer ??= setTimeout(() => this.flush(), delay).unref()
  }

  /** Makes the batch and takes its packets into what joiners get. */
  #batch(packets: readonly MediaPacket[]): Batch {
    const headers = this.#cache.headersAt(packets[0]?.dts ?? 0)
    const versionBefore = this.#cache.version
    for (const packet of packets) this.#cache.add(packet)
    this.#begun = true
    this.#joinStart = undefined
    return new Batch(packets, {
      tracks: { ...this.#tracks },
      headers,
      versionBefore,
      versionAfter: this.#cache.version,
    })
  }

  #startFor(format: Viewer['format']): Buffer {
    this.#joinStart ??= new PerFormat((wanted) => mux(wanted, this.#cache.packets, this.#tracks))
    return this.#joinStart.get(format)
  }
}
