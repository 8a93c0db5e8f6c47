import type { Milliseconds, Seconds } from '../../domain/units.ts'
import type { Hub } from '../hub.ts'
import type { LiveStream } from '../ports.ts'
import { Channel } from './channel.ts'
import type { HlsLibrary, HlsStream } from './ports.ts'

const SWEEP: Milliseconds = 1000
/** A stream for which nobody has asked for so long is not muxed any longer. */
const IDLE: Milliseconds = 30_000
/** How long the end of a stream can still be fetched. */
const LINGER: Milliseconds = 60_000

export interface HlsOptions {
  readonly hub: Pick<Hub, 'find' | 'list'>
  /** Whether streams that nobody watches are muxed as well; asked again and again. */
  readonly always: () => boolean
  readonly segmentTarget?: Seconds
  readonly partTarget?: Seconds
}

export interface Hls extends HlsLibrary {
  /** Ends every muxer; idempotent. */
  close(): void
}

export function createHls(options: HlsOptions): Hls {
  return new Library(options)
}

class Library implements Hls {
  readonly #options: Required<HlsOptions>
  readonly #channels = new WeakMap<LiveStream, Channel>()
  /** Those whose muxer runs, or whose stream has ended lately. */
  readonly #running = new Map<string, Channel>()
  readonly #sweeper = setInterval(() => this.#sweep(), SWEEP).unref()
  #closed = false

  constructor(options: HlsOptions) {
    this.#options = { segmentTarget: 2, partTarget: 0.5, ...options }
  }

  find(app: string, streamId: string): HlsStream | undefined {
    return this.#channel(app, streamId)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#sweeper)
    for (const channel of this.#running.values()) channel.close()
    this.#running.clear()
  }

  #channel(app: string, streamId: string): Channel | undefined {
    if (this.#closed) return undefined
    const name = `${app}/${streamId}`
    const live = this.#options.hub.find(app, streamId)
    if (!live) return this.#running.get(name)
    const known = this.#channels.get(live)
    if (known) return known
    const { segmentTarget, partTarget } = this.#options
    const onStart = (channel: Channel) => void this.#running.set(name, channel)
    const channel = new Channel(live, { streamId, segmentTarget, partTarget, onStart })
    this.#channels.set(live, channel)
    return channel
  }

  #sweep(): void {
    const always = this.#options.always()
    for (const [name, channel] of this.#running) {
      const { endedFor, idleFor } = channel
      const isDone = endedFor === undefined ? !always && idleFor > IDLE : endedFor > LINGER
      if (!isDone) continue
      channel.stop()
      this.#running.delete(name)
    }
    if (!always) return
    for (const { app, streamId } of this.#options.hub.list()) this.#channel(app, streamId)?.start()
  }
}
