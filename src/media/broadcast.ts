import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../domain/units.ts'
import { Batch } from './batch.ts'
import { Bitrate } from './bitrate.ts'
import { GopCache, StreamHeaders } from './gop-cache.ts'
import { mux, PerFormat } from './mux.ts'
import { Pace } from './pace.ts'
import { codecName } from './packet.ts'
import type { LiveStream, MediaPacket, PacketSink, Seat, Viewer } from './ports.ts'
import { ViewerSeat } from './seat.ts'
import { Timeline } from './timeline.ts'

/** More than this is sent at once, whatever the latency asked for. */
const LARGEST_BATCH = 512 * 1024

export interface Source {
  readonly protocol: string
  readonly address: string
}

/** One stream and its viewers: packets are gathered for about `latency` and go out as one Buffer for each format. */
export class Broadcast implements LiveStream {
  readonly startedAt = Date.now()
  source: Source
  bytes = 0
  videoCodec: string | null = null
  audioCodec: string | null = null
  /** Of the publisher that is there now. */
  askForKeyFrame: (() => void) | undefined
  readonly #pace: Pace
  readonly #seats = new Set<ViewerSeat>()
  readonly #sinks = new Set<PacketSink>()
  readonly #headers = new StreamHeaders()
  readonly #gop = new GopCache()
  readonly #timeline = new Timeline()
  readonly #bitrate = new Bitrate()
  readonly #tracks = { audio: false, video: false }
  #pending: MediaPacket[] = []
  #pendingBytes = 0
  #flushTimer: NodeJS.Timeout | undefined
  /** Whether this publisher's first batch has gone out. */
  #begun = false
  #awaitsKey = true
  #over = false
  #latestDts: Milliseconds = 0
  #joinStart: PerFormat | undefined

  constructor(source: Source, latency: Milliseconds) {
    this.source = source
    this.#pace = new Pace(latency)
  }

  get viewers(): number {
    return [...this.#sinks].reduce((sum, sink) => sum + (sink.viewers ?? 0), this.#seats.size)
  }

  get bitrate(): number {
    return this.#bitrate.at(performance.now())
  }

  /**
   * A joiner gets what the others have been sent by now; what is pending reaches it with the next batch, like them.
   * So no packet comes twice and none is missing.
   */
  join(viewer: Viewer): Seat {
    const seat = new ViewerSeat(viewer, (left) => this.#seats.delete(left))
    if (this.#over) {
      queueMicrotask(() => seat.end('stream-ended'))
      return seat
    }
    this.#seats.add(seat)
    if (this.#begun) {
      const complete = this.#gop.packets.length > 0 || !this.#tracks.video
      seat.open(this.#startFor(viewer.format), this.#headers.version, complete)
    }
    return seat
  }

  requestKeyFrame(): void {
    this.askForKeyFrame?.()
  }

  /** A sink gets packets as they come, not in batches; what is pending it has missed so far. */
  attach(sink: PacketSink): () => void {
    if (this.#over) {
      queueMicrotask(() => sink.end())
      return () => undefined
    }
    for (const packet of [...this.#joinPackets(), ...this.#pending]) sink.push(packet)
    this.#sinks.add(sink)
    return () => this.#sinks.delete(sink)
  }

  push(incoming: MediaPacket): void {
    const now = performance.now()
    this.bytes += incoming.payload.length
    this.#bitrate.add(incoming.payload.length, now)
    if (!this.#isUsable(incoming)) return
    const packet = { ...incoming, dts: this.#timeline.place(incoming, now) }
    this.#note(packet)
    if (packet.key) this.#flush()
    this.#pending.push(packet)
    this.#pendingBytes += packet.payload.length
    for (const sink of this.#sinks) sink.push(packet)
    this.#flushInTime(now)
  }

  /** The publisher is gone for now; viewers stay. */
  pause(): void {
    this.askForKeyFrame = undefined
    this.#flush()
    this.#gop.clear()
    this.#joinStart = undefined
  }

  /** Another publisher goes on where the last one stopped, with headers and tracks of its own. */
  resume(source: Source): void {
    this.source = source
    this.askForKeyFrame = undefined
    this.#headers.clear()
    this.#gop.clear()
    this.#timeline.restart()
    this.#tracks.audio = false
    this.#tracks.video = false
    this.videoCodec = null
    this.audioCodec = null
    this.#begun = false
    this.#awaitsKey = true
    this.#joinStart = undefined
    for (const sink of this.#sinks) sink.restart()
  }

  end(): void {
    this.#over = true
    this.#flush()
    for (const seat of [...this.#seats]) seat.end('stream-ended')
    for (const sink of [...this.#sinks]) sink.end()
    this.#sinks.clear()
  }

  /** Pictures before the publisher's first key frame cannot be shown by anybody. */
  #isUsable(packet: MediaPacket): boolean {
    if (packet.kind === 'video' && packet.key) this.#awaitsKey = false
    return packet.kind !== 'video' || packet.config || !this.#awaitsKey
  }

  #note(packet: MediaPacket): void {
    this.#latestDts = packet.dts
    if (packet.kind === 'video') {
      this.#tracks.video = true
      this.videoCodec ??= codecName(packet)
    } else if (packet.kind === 'audio') {
      this.#tracks.audio = true
      this.audioCodec ??= codecName(packet)
    }
  }

  #flushInTime(now: Milliseconds): void {
    // The first batch is to tell all tracks, and not only that of its first packet.
    if (!this.#begun && this.#pending.length === 1) this.#pace.restart(now)
    const delay = this.#pace.delay(now)
    if (this.#pendingBytes > LARGEST_BATCH || delay === 0) this.#flush()
    else this.#flushTimer ??= setTimeout(() => this.#flush(), delay).unref()
  }

  #flush(): void {
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

  /** Makes the batch and takes its packets into what joiners get. */
  #batch(packets: readonly MediaPacket[]): Batch {
    const headers = this.#headers.at(packets[0]?.dts ?? 0)
    const versionBefore = this.#headers.version
    for (const packet of packets) this.#cache(packet)
    this.#begun = true
    this.#joinStart = undefined
    return new Batch(packets, {
      tracks: { ...this.#tracks },
      headers,
      versionBefore,
      versionAfter: this.#headers.version,
    })
  }

  #cache(packet: MediaPacket): void {
    if (!packet.config) {
      this.#gop.add(packet)
      return
    }
    const changed = this.#headers.put(packet)
    // What was coded under the old configuration cannot be read with the new one.
    if (changed && packet.kind !== 'metadata') this.#gop.clear()
  }

  #startFor(format: Viewer['format']): Buffer {
    this.#joinStart ??= new PerFormat((wanted) => mux(wanted, this.#joinPackets(), this.#tracks))
    return this.#joinStart.get(format)
  }

  /** What one who comes now has missed, of what has been sent. */
  #joinPackets(): MediaPacket[] {
    const gop = this.#gop.packets
    return [...this.#headers.at(gop[0]?.dts ?? this.#latestDts), ...gop]
  }
}
