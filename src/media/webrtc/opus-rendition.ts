import type { MediaPacket, PacketSink } from '../ports.ts'
import type { Transcoding } from '../transcode/ports.ts'
import { SoundBridge } from '../transcode/sound-bridge.ts'

/** Between a stream and its outlet: sound in AAC becomes Opus. Pictures go ahead of it, since RTP tells how they belong together. */
export class OpusRendition implements PacketSink {
  readonly #sink: PacketSink
  readonly #bridge: SoundBridge

  constructor(sink: PacketSink, transcoding: Transcoding | undefined) {
    this.#sink = sink
    this.#bridge = new SoundBridge('Opus', transcoding, { onPacket: (packet) => sink.push(packet) })
  }

  get viewers(): number {
    return this.#sink.viewers ?? 0
  }

  push(packet: MediaPacket): void {
    if (packet.kind === 'audio') this.#bridge.push(packet)
    else this.#sink.push(packet)
  }

  restart(): void {
    this.#bridge.close()
    this.#sink.restart()
  }

  end(): void {
    this.#bridge.close()
    this.#sink.end()
  }

  /** Nobody watches any more. */
  close(): void {
    this.#bridge.close()
  }
}
