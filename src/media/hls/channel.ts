import type { Milliseconds, Seconds } from '../../domain/units.ts'
import { Demuxer } from '../fmp4/demuxer.ts'
import type { LiveStream } from '../ports.ts'
import { masterPlaylist, mediaPlaylist, type PlaylistTemplate } from './playlist.ts'
import type { HlsStream, PlaylistRequest } from './ports.ts'
import { Segmenter } from './segmenter.ts'
import { Waiters } from './waiters.ts'
import { SegmentWindow } from './window.ts'

export interface ChannelOptions {
  readonly streamId: string
  readonly segmentTarget: Seconds
  readonly partTarget: Seconds
  /** The muxer begins to run. */
  readonly onStart: (channel: Channel) => void
}

/** So many segments make a good beginning: with fewer, Chromium's own HLS gives up. */
const ENOUGH = 3
/** For this share of the time they are waited for; one will do in the rest of it. */
const PATIENCE = 0.75

/** How long a request is held for what it asks for, in target durations. */
const LONGEST_WAIT = 3
/** Who asks for a segment further ahead than this is wrong; RFC 8216bis, section 6.2.5.2. */
const MOST_AHEAD = 2
/** The same of parts: the Advance Part Limit covers so much. */
const PARTS_AHEAD: Seconds = 3

/** One stream as HLS. The first request starts its muxer, {@link stop} ends it. */
export class Channel implements HlsStream {
  readonly #live: LiveStream
  readonly #options: ChannelOptions
  readonly #waiters = new Waiters()
  #window: SegmentWindow
  #detach: (() => void) | undefined
  #usedAt: Milliseconds = 0
  #endedAt: Milliseconds | undefined
  #rendered: { version: number; full?: PlaylistTemplate; delta?: PlaylistTemplate } = { version: -1 }

  constructor(live: LiveStream, options: ChannelOptions) {
    this.#live = live
    this.#options = options
    this.#window = this.#newWindow()
  }

  /** For how long nobody has asked for anything. */
  get idleFor(): Milliseconds {
    return this.#waiters.size > 0 ? 0 : performance.now() - this.#usedAt
  }

  /** For how long the stream has been over; undefined: it is not. */
  get endedFor(): Milliseconds | undefined {
    return this.#endedAt === undefined ? undefined : performance.now() - this.#endedAt
  }

  start(): void {
    if (this.#detach || this.#endedAt !== undefined) return
    this.#window = this.#newWindow()
    const demuxer = new Demuxer(new Segmenter(this.#window, this.#options))
    this.#detach = this.#live.attach({
      push: (packet) => demuxer.push(packet),
      restart: () => demuxer.restart(),
      end: () => {
        this.#endedAt = performance.now()
        demuxer.end()
      },
    })
    this.#usedAt = performance.now()
    this.#options.onStart(this)
  }

  /** Lets go of the media; the next request starts anew. */
  stop(): void {
    this.#detach?.()
    this.#detach = undefined
    this.#window = this.#newWindow()
  }

  /** Stops for good; nobody waits any longer. */
  close(): void {
    this.#endedAt = performance.now()
    this.#detach?.()
    this.#window.end()
  }

  async ready(within: Milliseconds): Promise<boolean> {
    this.#use()
    await this.#waiters.until(() => this.#window.ended || this.#window.segments.length >= ENOUGH, within * PATIENCE)
    await this.#waiters.until(() => this.#isReady(), within * (1 - PATIENCE))
    return this.#window.segments.length > 0
  }

  master(query: string): string {
    return masterPlaylist(this.#window, `${this.#options.streamId}/live.m3u8`).for(query)
  }

  async playlist(request: PlaylistRequest, signal: AbortSignal): Promise<string | 'bad-request'> {
    this.#use()
    await this.#until(() => this.#isReady(), signal)
    if (this.#isWrong(request)) return 'bad-request'
    await this.#until(() => this.#has(request), signal)
    this.#use()
    return this.#template(request.skip).for(request.query)
  }

  async file(name: string, signal: AbortSignal): Promise<Buffer | undefined> {
    this.#use()
    if (this.#window.hint === name) await this.#until(() => this.#window.hint !== name, signal)
    return this.#window.file(name)
  }

  #use(): void {
    this.#usedAt = performance.now()
    this.start()
  }

  #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return this.#waiters.until(condition, LONGEST_WAIT * this.#window.targetDuration * 1000, signal)
  }

  /** Players that know nothing of parts need a whole segment. */
  #isReady(): boolean {
    return this.#window.segments.length > 0 || this.#window.ended
  }

  #isWrong({ msn, part }: PlaylistRequest): boolean {
    const { next, open, ended, partTarget } = this.#window
    if (msn === undefined) return part !== undefined
    if (ended) return false
    const partsAhead = (open?.parts.length ?? 0) + Math.ceil(PARTS_AHEAD / partTarget)
    return msn > next - 1 + MOST_AHEAD || (msn === next && part !== undefined && part >= partsAhead)
  }

  #has({ msn, part }: PlaylistRequest): boolean {
    const { next, last, open, ended } = this.#window
    if (msn === undefined || ended || msn < next - 1) return true
    const openParts = open?.parts.length ?? 0
    if (msn > next) return false
    if (msn === next) return part !== undefined && openParts > part
    // A part that the complete segment does not have is the first of the next one.
    return part === undefined || part < (last?.parts.length ?? 0) || openParts > 0
  }

  #template(skip: boolean): PlaylistTemplate {
    const window = this.#window
    if (this.#rendered.version !== window.version) this.#rendered = { version: window.version }
    if (skip) this.#rendered.delta ??= mediaPlaylist(window, true)
    else this.#rendered.full ??= mediaPlaylist(window, false)
    return (skip ? this.#rendered.delta : this.#rendered.full) ?? mediaPlaylist(window, skip)
  }

  /** Numbers go on over restarts of the muxer and of the daemon, since players keep them. */
  #newWindow(): SegmentWindow {
    const first = Math.max(Math.floor(Date.now() / 1000), this.#window?.next ?? 0)
    this.#rendered = { version: -1 }
    return new SegmentWindow({ ...this.#options, first, onChange: () => this.#waiters.changed() })
  }
}
