import { codecName } from '../packet.ts'
import type { MediaPacket } from '../ports.ts'
import type { AudioTranscoder, Sound, Transcoding } from './ports.ts'

const OTHER: Readonly<Record<Sound, Sound>> = { AAC: 'Opus', Opus: 'AAC' }

/** Whether sound in the codec of `packet` can be heard by those who take `to` only after it was transcoded. */
export function needsTranscoding(packet: MediaPacket, to: Sound): boolean {
  return packet.kind === 'audio' && codecName(packet) === OTHER[to]
}

/** Brings the sound of one stream into the codec that its viewers take; without a transcoder they hear nothing. */
export class SoundBridge {
  readonly #to: Sound
  readonly #transcoding: Transcoding | undefined
  readonly #onPacket: (packet: MediaPacket) => void
  readonly #onGivenUp: (() => void) | undefined
  #transcoder: AudioTranscoder | undefined

  constructor(
    to: Sound,
    transcoding: Transcoding | undefined,
    { onPacket, onGivenUp }: { readonly onPacket: (packet: MediaPacket) => void; readonly onGivenUp?: () => void },
  ) {
    this.#to = to
    this.#transcoding = transcoding
    this.#onPacket = onPacket
    this.#onGivenUp = onGivenUp
  }

  /** Takes audio; what needs no transcoding is passed on at once. */
  push(packet: MediaPacket): void {
    if (needsTranscoding(packet, this.#to)) {
      this.#transcoder ??= this.#transcoding?.start(this.#to, this.#onPacket, this.#onGivenUp)
      this.#transcoder?.push(packet)
      return
    }
    this.close()
    this.#onPacket(packet)
  }

  /** Frees what works for it; sound that is pushed later begins anew. */
  close(): void {
    this.#transcoder?.close()
    this.#transcoder = undefined
  }
}
