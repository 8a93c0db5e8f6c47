import type { Milliseconds } from '../../domain/units.ts'
import type { MediaPacket, PacketSink } from '../ports.ts'
import { UnwrappedClock } from './clock.ts'
import { type CodedFrame, readFrame, readTrack } from './flv-body.ts'
import { Lane } from './lane.ts'
import type { Sample, Track } from './track.ts'

/** How long a kind that the stream may yet have is waited for. */
const PATIENCE: Milliseconds = 1000
/** How long the first key frame of a stream that has video is waited for. */
const PATIENCE_FOR_KEY: Milliseconds = 10_000
const LARGEST_QUEUE = 16 * 1024 * 1024
/** Later than all before by more than this: the clock has jumped. */
const FORWARD_JUMP: Milliseconds = 10_000
/** No picture stays longer than this. */
const LONGEST_FRAME: Milliseconds = 60_000
/** Earlier than the one before by more than this: the clock has jumped. Less is put right. */
const BACKWARD_JUMP: Milliseconds = 500

/** Takes the samples of a stream, each track in decoding order. Must not throw. */
export interface SampleHandler {
  /**
   * What follows stands alone: the stream begins, or goes on with other tracks, another publisher, or after a jump of
   * its clock. Times begin anew at 0; the first picture is a key frame.
   */
  begin(tracks: readonly Track[]): void
  /** `beforeKey`: the next sample of the track needs nothing before it, so it may be cut behind this one. */
  sample(track: Track, sample: Sample, beforeKey: boolean): void
  /** The stream is over; the last call. */
  end(): void
}

interface TimedFrame extends CodedFrame {
  readonly kind: Track['kind']
  readonly key: boolean
  readonly at: Milliseconds
}

/** Turns the packets of a stream into samples of MP4 tracks. Packets that make no sense are left out, and never throw. */
export class Demuxer implements PacketSink {
  readonly #handler: SampleHandler
  readonly #lanes: Readonly<Record<Track['kind'], Lane>>
  #clock = new UnwrappedClock()
  #latest: Milliseconds | undefined
  #begun = false
  /** Frames from before the beginning, and since when there are any. */
  #queue: TimedFrame[] = []
  #queueBytes = 0
  #waitsSince: Milliseconds | undefined
  /** When times are 0. */
  #origin: Milliseconds = 0

  constructor(handler: SampleHandler) {
    this.#handler = handler
    const emit = handler.sample.bind(handler)
    this.#lanes = { video: new Lane(emit), audio: new Lane(emit) }
  }

  push(packet: MediaPacket): void {
    if (packet.kind === 'metadata') return
    if (packet.config) {
      this.#configure(packet.kind, packet)
      return
    }
    const frame = this.#lanes[packet.kind].track && readFrame(packet)
    if (frame) this.#take({ ...frame, kind: packet.kind, key: packet.key, at: this.#clock.read(packet.dts) })
  }

  /** Whether frames of this kind can be read: its codec is known, and its sequence header has come. */
  reads(kind: Track['kind']): boolean {
    return this.#lanes[kind].track !== undefined
  }

  restart(): void {
    this.#stop()
    this.#clock = new UnwrappedClock()
    for (const lane of this.#allLanes()) lane.forget()
  }

  end(): void {
    if (!this.#begun) this.#begin()
    this.#stop()
    this.#handler.end()
  }

  #configure(kind: Track['kind'], packet: MediaPacket): void {
    const lane = this.#lanes[kind]
    if (lane.header?.equals(packet.payload)) return
    if (lane.active) this.#stop()
    lane.configure(packet.payload, readTrack(packet))
  }

  #take(frame: TimedFrame): void {
    if (this.#hasJumped(frame)) this.#stop()
    this.#latest = Math.max(frame.at, this.#latest ?? frame.at)
    const { video, audio } = this.#lanes
    const lateVideo = frame.kind === 'video' && frame.key && !video.active
    const lateAudio = frame.kind === 'video' && frame.key && !audio.active && audio.missed
    if (this.#begun && (lateVideo || lateAudio)) this.#stop()
    if (this.#begun) this.#pass(frame)
    else this.#wait(frame)
  }

  #hasJumped({ kind, at }: TimedFrame): boolean {
    const before = this.#lanes[kind].latest ?? at
    if (at > before + LONGEST_FRAME || at < before - BACKWARD_JUMP) return true
    return at > (this.#latest ?? at) + FORWARD_JUMP
  }

  #wait(frame: TimedFrame): void {
    const lane = this.#lanes[frame.kind]
    this.#waitsSince ??= frame.at
    if (frame.kind === 'audio' || frame.key) lane.active = true
    if (lane.active) {
      this.#queue.push(frame)
      this.#queueBytes += frame.data.length
      lane.latest = frame.at
    }
    if (this.#hasWaited(frame.at - this.#waitsSince)) this.#begin()
  }

  #hasWaited(span: Milliseconds): boolean {
    const { video, audio } = this.#lanes
    if ((video.active && audio.active) || this.#queueBytes > LARGEST_QUEUE) return true
    return span >= (video.track && !video.active ? PATIENCE_FOR_KEY : PATIENCE)
  }

  #begin(): void {
    const frames = this.#queue
    const first = frames.find(({ kind }) => kind === 'video') ?? frames[0]
    if (!first) return
    this.#queue = []
    this.#origin = first.at
    this.#begun = true
    const lanes = this.#allLanes().filter(({ active }) => active)
    this.#handler.begin(lanes.flatMap(({ track }) => track ?? []))
    for (const frame of frames) this.#pass(frame)
  }

  #pass(frame: TimedFrame): void {
    const lane = this.#lanes[frame.kind]
    const at = frame.at - this.#origin
    if (!lane.active) lane.missed = true
    // Sound from before the first picture.
    else if (at >= 0 || frame.kind === 'video') lane.put(frame, at)
    lane.latest = frame.at
  }

  /** Passes on what is held back; what follows begins anew. */
  #stop(): void {
    for (const lane of this.#allLanes()) lane.stop()
    this.#begun = false
    this.#queue = []
    this.#queueBytes = 0
    this.#waitsSince = undefined
    this.#latest = undefined
  }

  #allLanes(): Lane[] {
    return [this.#lanes.video, this.#lanes.audio]
  }
}
