import type { Milliseconds } from '../domain/units.ts'
import { Audience } from './audience.ts'
import type { MediaPacket, Seat, Viewer } from './ports.ts'
import { Interleave } from './transcode/interleave.ts'
import type { Transcoding } from './transcode/ports.ts'
import { needsTranscoding, SoundBridge } from './transcode/sound-bridge.ts'

export interface RenditionOptions {
  readonly latency: Milliseconds
  /** Undefined: nothing here can transcode. */
  readonly transcoding: Transcoding | undefined
  /** What of the stream a joiner has missed, the latest packet included. */
  readonly missed: () => readonly MediaPacket[]
}

/**
 * A stream as players of FLV and RTMP take it: sound in Opus becomes AAC while somebody watches, and is left out where
 * nothing can transcode it. All else passes as it is.
 */
export class AacRendition {
  readonly #audience: Audience
  readonly #transcoding: Transcoding | undefined
  readonly #missed: () => readonly MediaPacket[]
  /** Whether the stream's sound is Opus. */
  #foreign = false
  #work: Work | undefined

  constructor({ latency, transcoding, missed }: RenditionOptions) {
    this.#audience = new Audience(latency, () => this.#idle())
    this.#transcoding = transcoding
    this.#missed = missed
  }

  get viewers(): number {
    return this.#audience.size
  }

  join(viewer: Viewer): Seat {
    if (!this.#foreign || !this.#transcoding || this.#work) return this.#audience.join(viewer)
    // The last viewer may have been let go in the midst of a packet, the rest of which nobody was to get.
    this.#audience.restart()
    const seat = this.#audience.join(viewer)
    this.#begin(this.#transcoding)
    for (const packet of this.#missed()) this.#pass(packet)
    return seat
  }

  push(packet: MediaPacket): void {
    const foreign = packet.kind === 'audio' ? needsTranscoding(packet, 'AAC') : this.#foreign
    if (foreign !== this.#foreign && this.#transcoding) this.#change(foreign, this.#transcoding)
    else this.#foreign = foreign
    this.#pass(packet)
  }

  /** The publisher is gone for now. */
  pause(): void {
    this.#work?.order.flush()
    this.#audience.pause()
  }

  /** What follows has headers and tracks of its own. */
  restart(): void {
    this.#stop()
    this.#foreign = false
    this.#audience.restart()
  }

  end(): void {
    this.#stop()
    this.#audience.end()
  }

  #pass(packet: MediaPacket): void {
    if (!this.#foreign || (!this.#transcoding && packet.kind !== 'audio')) this.#audience.push(packet)
    else if (packet.kind !== 'audio') this.#work?.order.push(packet)
    else {
      this.#work?.order.expectSound()
      this.#work?.bridge.push(packet)
    }
  }

  /** The publisher went over to another codec, or its first sound came behind its first picture. */
  #change(foreign: boolean, transcoding: Transcoding): void {
    const worked = this.#work !== undefined
    this.#stop()
    this.#foreign = foreign
    if (foreign && this.#audience.size > 0) this.#begin(transcoding)
    else if (foreign) this.#audience.restart()
    else if (!worked) for (const packet of this.#missed().slice(0, -1)) this.#audience.push(packet)
  }

  #begin(transcoding: Transcoding): void {
    const order = new Interleave((packet) => this.#audience.push(packet))
    const bridge = new SoundBridge('AAC', transcoding, {
      onPacket: (packet) => order.pushSound(packet),
      onGivenUp: () => order.giveUpSound(),
    })
    this.#work = { order, bridge }
  }

  #stop(): void {
    this.#work?.bridge.close()
    this.#work?.order.flush()
    this.#work = undefined
  }

  /** Nothing is made while nobody watches. */
  #idle(): void {
    if (!this.#work) return
    this.#stop()
    this.#audience.restart()
  }
}

interface Work {
  readonly order: Interleave
  readonly bridge: SoundBridge
}
