import type { Milliseconds } from '../domain/units.ts'
import { Bitrate } from './bitrate.ts'
import { readTrack } from './fmp4/flv-body.ts'
import type { StartListener } from './hub.ts'
import { codecName } from './packet.ts'
import type { LiveStream, MediaPacket, PacketSink } from './ports.ts'
import { type H264Configuration, readConfiguration, readPicture } from './webrtc/h264-frames.ts'

/** What can be told of a stream by its packets. */
export interface StreamFacts {
  /** In pixels; 0: no picture, or none that can be measured. */
  readonly width: number
  readonly height: number
  /** Bits a second over the last seconds. */
  readonly videoBitrate: number
  readonly audioBitrate: number
  /** What its publisher should change, for a person. */
  readonly warnings: readonly string[]
}

export const B_FRAMES =
  'B-frames: dropped over WebRTC; set the encoder to tune=zerolatency or bframes=0, or OBS to the profile baseline'

const NOTHING: StreamFacts = { width: 0, height: 0, videoBitrate: 0, audioBitrate: 0, warnings: [] }

export interface InspectionsOptions {
  /** Called once a publisher for each of its warnings. */
  readonly onWarning: (stream: { readonly app: string; readonly streamId: string }, warning: string) => void
  readonly now?: () => Milliseconds
}

/** Looks at the packets of every stream. */
export class Inspections {
  readonly #byStream = new WeakMap<LiveStream, Inspection>()
  readonly #options: InspectionsOptions

  constructor(options: InspectionsOptions) {
    this.#options = options
  }

  /** Listens to the hub. */
  readonly begin: StartListener = ({ app, streamId }, live) => {
    const { now = () => performance.now(), onWarning } = this.#options
    const inspection = new Inspection((warning) => onWarning({ app, streamId }, warning), now)
    this.#byStream.set(live, inspection)
    live.attach(inspection)
  }

  of(live: LiveStream | undefined): StreamFacts {
    return (live && this.#byStream.get(live)?.facts) ?? NOTHING
  }
}

class Inspection implements PacketSink {
  readonly #onWarning: (warning: string) => void
  readonly #now: () => Milliseconds
  readonly #bitrates = { video: new Bitrate(), audio: new Bitrate() }
  #size = { width: 0, height: 0 }
  #configuration: H264Configuration | undefined
  #warnings: readonly string[] = []

  constructor(onWarning: (warning: string) => void, now: () => Milliseconds) {
    this.#onWarning = onWarning
    this.#now = now
  }

  get facts(): StreamFacts {
    const now = this.#now()
    const { audio, video } = this.#bitrates
    return { ...this.#size, videoBitrate: video.at(now), audioBitrate: audio.at(now), warnings: this.#warnings }
  }

  push(packet: MediaPacket): void {
    if (packet.kind === 'metadata') return
    this.#bitrates[packet.kind].add(packet.payload.length, this.#now())
    if (packet.kind !== 'video') return
    if (packet.config) this.#configure(packet)
    else this.#look(packet)
  }

  restart(): void {
    this.#size = { width: 0, height: 0 }
    this.#configuration = undefined
    this.#warnings = []
  }

  end(): void {}

  #configure(packet: MediaPacket): void {
    const track = readTrack(packet)
    if (track?.kind === 'video') this.#size = { width: track.width, height: track.height }
    this.#configuration = codecName(packet) === 'H264' ? readConfiguration(packet) : undefined
  }

  /** Until the first one is found: a publisher that sends some will send more. */
  #look(packet: MediaPacket): void {
    if (!this.#configuration || packet.key || this.#warnings.length > 0) return
    if (!readPicture(packet, this.#configuration)?.bidirectional) return
    this.#warnings = [B_FRAMES]
    this.#onWarning(B_FRAMES)
  }
}
