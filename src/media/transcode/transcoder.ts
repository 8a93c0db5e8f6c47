import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../domain/units.ts'
import { readConfiguration, readFrame } from '../fmp4/flv-body.ts'
import { codecName, parsePacket } from '../packet.ts'
import type { MediaPacket } from '../ports.ts'
import type { CodedSound, Direction, FrameWriter } from './direction.ts'
import type { AudioTranscoder } from './ports.ts'
import { Run } from './run.ts'

const PAUSES: readonly Milliseconds[] = [500, 1000, 2000, 4000]
/** Whoever ran for so long failed for a new reason. */
const STEADY: Milliseconds = 60_000

/** Where troubles are told. */
export interface TranscodeLog {
  warn(fields: object, text: string): void
}

export interface TranscoderOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly direction: Direction
  readonly log: TranscodeLog
  readonly onPacket: (packet: MediaPacket) => void
  /** Nothing more comes, unless what goes in changes. */
  readonly onGivenUp?: (() => void) | undefined
  /** Before the program is started again; after the last of them it is left. */
  readonly pauses?: readonly Milliseconds[]
}

/** Keeps a program running for the sound of one stream. */
export class ProgramTranscoder implements AudioTranscoder {
  readonly #options: TranscoderOptions
  #config: Buffer | undefined
  #run: Run | undefined
  #startedAt: Milliseconds = 0
  #failures = 0
  #retry: NodeJS.Timeout | undefined
  #header: Buffer | undefined
  #over = false

  constructor(options: TranscoderOptions) {
    this.#options = options
  }

  push(packet: MediaPacket): void {
    if (this.#over || packet.kind !== 'audio' || codecName(packet) !== this.#options.direction.from) return
    const config = packet.config ? readConfiguration(packet) : undefined
    if (config) this.#configure(config)
    const frame = this.#run && readFrame(packet)
    if (frame) this.#run?.push(frame.data, packet.dts)
  }

  close(): void {
    this.#over = true
    this.#stop()
  }

  #configure(config: Buffer): void {
    if (this.#config?.equals(config)) return
    this.#config = config
    this.#stop()
    this.#failures = 0
    this.#begin()
  }

  #begin(): void {
    const { direction, log } = this.#options
    const writer = this.#config && direction.writer(this.#config)
    if (writer) return void this.#start(writer)
    log.warn({ codec: direction.from }, 'sound of a kind that cannot be transcoded')
    this.#options.onGivenUp?.()
  }

  #start(writer: FrameWriter): void {
    this.#startedAt = performance.now()
    const run: Run = new Run(
      { ...this.#options, writer, now: () => performance.now() },
      {
        onSound: (sound, dts) => {
          if (this.#run === run) this.#emit(sound, dts)
        },
        onGone: (reason) => {
          if (this.#run === run) this.#recover(reason)
        },
      },
    )
    this.#run = run
  }

  #recover(reason: string): void {
    this.#run = undefined
    if (performance.now() - this.#startedAt > STEADY) this.#failures = 0
    const { pauses = PAUSES } = this.#options
    const pause = pauses[this.#failures++]
    const next = pause === undefined ? 'its viewers hear nothing more' : `starting it again in ${pause} ms`
    this.#options.log.warn({ program: this.#options.program, reason }, `transcoding of sound ended; ${next}`)
    if (pause === undefined) return void this.#options.onGivenUp?.()
    this.#retry = setTimeout(() => this.#begin(), pause).unref()
  }

  #stop(): void {
    clearTimeout(this.#retry)
    this.#run?.close()
    this.#run = undefined
  }

  #emit({ header, body }: CodedSound, dts: Milliseconds): void {
    if (!this.#header?.equals(header)) this.#pass(dts, header)
    this.#header = header
    this.#pass(dts, body)
  }

  #pass(dts: Milliseconds, body: Buffer): void {
    const packet = parsePacket('audio', dts, body)
    if (packet) this.#options.onPacket(packet)
  }
}
