import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../domain/units.ts'
import { Bitrate } from './bitrate.ts'
import { StreamCache } from './gop-cache.ts'
import { codecName } from './packet.ts'
import type { LiveStream, MediaPacket, PacketSink, Seat, Viewer } from './ports.ts'
import { AacRendition } from './rendition.ts'
import { ViewerSeat } from './seat.ts'
import { Timeline } from './timeline.ts'
import type { Transcoding } from './transcode/ports.ts'

export interface Source {
  readonly protocol: string
  readonly address: string
}

export interface BroadcastOptions {
  /** How late gathering packets into one write may make them. */
  readonly latency: Milliseconds
  readonly transcoding: Transcoding | undefined
}

/** One live stream: what its publishers send, on one clock, for sinks as it is and for viewers as their players take it. */
export class Broadcast implements LiveStream {
  readonly startedAt = Date.now()
  source: Source
  bytes = 0
  videoCodec: string | null = null
  audioCodec: string | null = null
  /** Of the publisher that is there now. */
  askForKeyFrame: (() => void) | undefined
  readonly #rendition: AacRendition
  readonly #sinks = new Set<PacketSink>()
  readonly #cache = new StreamCache()
  readonly #timeline = new Timeline()
  readonly #bitrate = new Bitrate()
  #awaitsKey = true
  #over = false

  constructor(source: Source, { latency, transcoding }: BroadcastOptions) {
    this.source = source
    this.#rendition = new AacRendition({ latency, transcoding, missed: () => this.#cache.packets })
  }

  get viewers(): number {
    return [...this.#sinks].reduce((sum, sink) => sum + (sink.viewers ?? 0), this.#rendition.viewers)
  }

  get bitrate(): number {
    return this.#bitrate.at(performance.now())
  }

  join(viewer: Viewer): Seat {
    if (!this.#over) return this.#rendition.join(viewer)
    const seat = new ViewerSeat(viewer, () => {})
    queueMicrotask(() => seat.end('stream-ended'))
    return seat
  }

  requestKeyFrame(): void {
    this.askForKeyFrame?.()
  }

  attach(sink: PacketSink): () => void {
    if (this.#over) {
      queueMicrotask(() => sink.end())
      return () => undefined
    }
    for (const packet of this.#cache.packets) sink.push(packet)
    this.#sinks.add(sink)
    return () => this.#sinks.delete(sink)
  }

  push(incoming: MediaPacket): void {
    const now = performance.now()
    this.bytes += incoming.payload.length
    this.#bitrate.add(incoming.payload.length, now)
    if (!this.#isUsable(incoming)) return
    const packet = { ...incoming, dts: this.#timeline.place(incoming, now) }
    if (packet.kind === 'video') this.videoCodec ??= codecName(packet)
    else if (packet.kind === 'audio') this.audioCodec ??= codecName(packet)
    this.#cache.add(packet)
    for (const sink of this.#sinks) sink.push(packet)
    this.#rendition.push(packet)
  }

  /** The publisher is gone for now; viewers stay. */
  pause(): void {
    this.askForKeyFrame = undefined
    this.#cache.clearPictures()
    this.#rendition.pause()
  }

  /** Another publisher goes on where the last one stopped, with headers and tracks of its own. */
  resume(source: Source): void {
    this.source = source
    this.askForKeyFrame = undefined
    this.#cache.clear()
    this.#timeline.restart()
    this.videoCodec = null
    this.audioCodec = null
    this.#awaitsKey = true
    this.#rendition.restart()
    for (const sink of this.#sinks) sink.restart()
  }

  end(): void {
    this.#over = true
    this.#rendition.end()
    for (const sink of [...this.#sinks]) sink.end()
    this.#sinks.clear()
  }

  /** Pictures before the publisher's first key frame cannot be shown by anybody. */
  #isUsable(packet: MediaPacket): boolean {
    if (packet.kind === 'video' && packet.key) this.#awaitsKey = false
    return packet.kind !== 'video' || packet.config || !this.#awaitsKey
  }
}
