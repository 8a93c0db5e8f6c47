import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { MediaPacket } from '../ports.ts'
import type { AudioTranscoder, Sound, Transcoding } from './ports.ts'
import type { TranscodeLog } from './transcoder.ts'

/** Where programs are searched for without a PATH. */
const USUAL_PATH = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter)
const NAMES: Readonly<Record<string, readonly string[]>> = { win32: ['ffmpeg.exe', 'ffmpeg.cmd'] }
/** Ten seconds of sound: as long as the program may take to answer. */
const MOST_KEPT = 500

export interface DeferredOptions {
  readonly log: TranscodeLog
  /** Finds out what ffmpeg can; asked once at most. */
  readonly find: () => Promise<Transcoding | undefined>
}

/** Whether there is an ffmpeg on the PATH, whatever it can. */
export async function hasFfmpeg(path: string = process.env.PATH ?? USUAL_PATH): Promise<boolean> {
  const names = NAMES[process.platform] ?? ['ffmpeg']
  const places = path.split(delimiter).flatMap((directory) => names.map((name) => join(directory, name)))
  const found = await Promise.all(places.map((place) => access(place, constants.X_OK).then(...YES_OR_NO)))
  return found.includes(true)
}

const YES_OR_NO = [() => true, () => false] as const

/**
 * An ffmpeg that is asked what it can when that is first needed. Asking takes more than all else that a daemon does to
 * start, and most never transcode.
 */
export class DeferredTranscoding implements Transcoding {
  readonly #options: DeferredOptions
  #asked: Promise<Transcoding | undefined> | undefined
  #found: Transcoding | undefined

  constructor(options: DeferredOptions) {
    this.#options = options
  }

  /** Without a version until it was asked. */
  get name(): string {
    return this.#found?.name ?? 'ffmpeg'
  }

  /** What does it, asked where that was not done yet; undefined: it cannot. Never rejects. */
  ask(): Promise<Transcoding | undefined> {
    this.#asked ??= this.#ask()
    return this.#asked
  }

  start(to: Sound, onPacket: (packet: MediaPacket) => void, onGivenUp?: () => void): AudioTranscoder {
    return this.#found?.start(to, onPacket, onGivenUp) ?? this.#startLater(to, onPacket, onGivenUp)
  }

  async #ask(): Promise<Transcoding | undefined> {
    this.#found = await this.#options.find()
    if (!this.#found) this.#options.log.warn({}, 'the ffmpeg on the PATH cannot turn AAC into Opus and back')
    return this.#found
  }

  /** What comes meanwhile is kept. */
  #startLater(to: Sound, onPacket: (packet: MediaPacket) => void, onGivenUp?: () => void): AudioTranscoder {
    const kept: MediaPacket[] = []
    let isClosed = false
    let transcoder: AudioTranscoder | undefined
    void this.ask().then((found) => {
      if (isClosed) return
      transcoder = found?.start(to, onPacket, onGivenUp)
      for (const packet of kept.splice(0)) transcoder?.push(packet)
      if (!transcoder) onGivenUp?.()
    })
    return {
      push: (packet) => {
        if (transcoder) transcoder.push(packet)
        else if (kept.length < MOST_KEPT) kept.push(packet)
      },
      close: () => {
        isClosed = true
        kept.length = 0
        transcoder?.close()
      },
    }
  }
}
