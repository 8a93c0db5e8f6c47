import { signal } from '@preact/signals'
import type { StreamName } from '../../../services/daemon-operations.ts'
import { pause } from '../abort.ts'
import { ELSEWHERE, INTERRUPTED, UNFIT, UNPLAYABLE, wordsFor } from '../words.ts'
import { attempt, type Outcome } from './attempt.ts'
import { ENGINES } from './engines.ts'
import { Entrance } from './entrance.ts'
import type { EngineName, PlayerState, Words } from './ports.ts'
import { Sound } from './sound.ts'
import { Tabs } from './tabs.ts'

export interface PlayerOptions extends StreamName {
  /** Null: whoever holds a session plays, or anybody where token control is off. */
  readonly token: string | null
  /** Ways to play, best first. */
  readonly playOrder?: readonly EngineName[]
  readonly muted?: boolean
  /** Holds the session itself and not in a cookie: in frames of other sites, or beside another player. */
  readonly withoutCookie?: boolean
  /** The token has been exchanged. */
  onOpened?(): void
  /** Another page takes over from this one: the token is for publishing. */
  onPublishToken?(): void
}

export const PLAY_ORDER: readonly EngineName[] = ['webrtc', 'hls', 'flv']

const ROUNDS = 2
/** How often the engine that has played may fail before others are tried again. */
const PATIENCE_WITH_KNOWN = 3
/** To a server that is full. */
const COMES_BACK_AFTER = 8000
/** A server that has not answered for so long does not at once. */
const SILENT = 1500

/** Plays one stream in one `<video>`, and goes on whatever happens in between. */
export class Player {
  readonly state = signal<PlayerState>({ kind: 'idle' })
  readonly sound: Sound
  readonly #video: HTMLVideoElement
  readonly #options: PlayerOptions
  readonly #entrance: Entrance
  readonly #tabs: Tabs
  #order: readonly EngineName[]
  #run = new AbortController()

  constructor(video: HTMLVideoElement, options: PlayerOptions) {
    this.#video = video
    this.#options = options
    this.sound = new Sound(video, options.muted ?? false)
    const order = options.playOrder?.length ? options.playOrder : PLAY_ORDER
    this.#order = order.filter((engine) => ENGINES[engine].codecs().length > 0)
    const codecs = [...new Set(this.#order.flatMap((engine) => ENGINES[engine].codecs()))]
    this.#entrance = new Entrance({ ...options, codecs }, (words) => this.#say({ kind: 'waiting', words }))
    this.#tabs = new Tabs(options)
  }

  play(): void {
    this.#run.abort()
    const run = new AbortController()
    this.#run = run
    this.#say({ kind: 'connecting' })
    this.#tabs.claim()
    void this.#go(run.signal)
  }

  /** Lets go of the stream until {@link play}. */
  stop(): void {
    this.#run.abort()
    this.#say({ kind: 'idle' })
  }

  /** For good. */
  close(): void {
    this.stop()
    this.#tabs.close()
  }

  async #go(signal: AbortSignal): Promise<void> {
    if (this.#order.length === 0) return this.#end(UNFIT, null)
    const refusal = await this.#entrance.enter(signal)
    if (signal.aborted) return
    if (refusal) return this.#end(refusal.words, refusal.action)
    await this.#playAll(signal)
  }

  /** Every engine in turn, and the one that has played again and again. */
  async #playAll(signal: AbortSignal): Promise<void> {
    let played = false
    let failures = 0
    for (let isFull = false; !signal.aborted; ) {
      if (!played && failures >= this.#order.length * ROUNDS) {
        if (!isFull) return this.#end(UNPLAYABLE, 'Try again')
        this.#say({ kind: 'waiting', words: wordsFor('TOO_MANY_CONNECTIONS') })
        await pause(COMES_BACK_AFTER, signal)
        failures = 0
        isFull = false
      }
      const engine = this.#nextEngine(played ? failures - PATIENCE_WITH_KNOWN : failures)
      if (!played) this.#say({ kind: 'connecting' })
      const outcome = await this.#playBy(engine, signal)
      if (signal.aborted) return
      if (outcome === 'interrupted' && this.#tabs.isElsewhere()) return this.#end(ELSEWHERE, 'Play here')
      if (await this.#isShutOut(signal)) return
      isFull ||= outcome === 'full'
      const hasPlayed = outcome === 'interrupted' || outcome === 'no-access'
      failures = hasPlayed ? 0 : failures + 1
      if (hasPlayed) this.#order = [engine, ...this.#order.filter((other) => other !== engine)]
      played ||= hasPlayed
      if (!played) continue
      this.#say({ kind: 'waiting', words: INTERRUPTED })
      await pause(Math.min(300 * 2 ** failures, 4000), signal)
    }
  }

  #nextEngine(failures: number): EngineName {
    return this.#order[Math.max(0, failures) % this.#order.length] ?? 'hls'
  }

  #playBy(engine: EngineName, signal: AbortSignal): Promise<Outcome> {
    const { app, streamId } = this.#options
    const entrance = this.#entrance
    const source = { app, streamId, session: entrance.session }
    const onShown = () => this.#say({ kind: 'playing', engine, hasPicture: this.#video.videoWidth > 0 })
    return attempt(engine, { video: this.#video, sound: this.sound, entrance, source, onShown }, signal)
  }

  /** Whether access has ended, or was given up while the stream was away. */
  async #isShutOut(signal: AbortSignal): Promise<boolean> {
    const silent = setTimeout(() => this.#say({ kind: 'waiting', words: INTERRUPTED }), SILENT)
    signal.addEventListener('abort', () => clearTimeout(silent))
    const refusal = await this.#entrance.enter(signal, true)
    clearTimeout(silent)
    if (refusal && !signal.aborted) this.#end(refusal.words, refusal.action)
    return refusal !== null || signal.aborted
  }

  #end(words: Words, action: string | null): void {
    this.#run.abort()
    this.#say({ kind: 'over', words, action })
  }

  #say(state: PlayerState): void {
    const known = this.state.value
    if (JSON.stringify(known) !== JSON.stringify(state)) this.state.value = state
  }
}
