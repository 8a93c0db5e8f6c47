import { signal } from '@preact/signals'
import type { StreamName } from '../../../services/operations.ts'
import { pause } from '../session.ts'
import { OfferRefused } from '../webrtc.ts'
import { ELSEWHERE, INTERRUPTED, UNPLAYABLE, wordsFor } from '../words.ts'
import { ENGINES } from './engines.ts'
import { Entrance } from './entrance.ts'
import type { EngineName, PlayerState, Words } from './ports.ts'
import { Progress } from './progress.ts'
import { Sound } from './sound.ts'
import { Tabs } from './tabs.ts'

export interface PlayerOptions extends StreamName {
  /** Null: whoever holds a session plays, or anybody where token control is off. */
  readonly token: string | null
  /** Ways to play, best first. */
  readonly playOrder?: readonly EngineName[]
  readonly muted?: boolean
  /** Holds the session in memory and not in a cookie: in frames of other sites, or beside another player. */
  readonly inMemory?: boolean
  /** The token has been exchanged. */
  onOpened?(): void
  /** Another page takes over from this one: the token is for publishing. */
  onPublishToken?(): void
}

export const PLAY_ORDER: readonly EngineName[] = ['webrtc', 'hls', 'flv']

const LOOKS_EACH = 300
/** A picture that stands still for so long may mean that access has ended. */
const STILL = 1000
/** For so long, and the engine is started anew. */
const STUCK = 6000
const ROUNDS = 2
/** To a server that is full. */
const COMES_BACK_AFTER = 8000

type Outcome = 'no-picture' | 'interrupted' | 'no-access'

/** Plays one stream in one `<video>`, and goes on whatever happens in between. */
export class Player {
  readonly state = signal<PlayerState>({ kind: 'idle' })
  readonly sound: Sound
  readonly #video: HTMLVideoElement
  readonly #options: PlayerOptions
  readonly #entrance: Entrance
  readonly #tabs: Tabs
  #order: readonly EngineName[]
  #isFull = false
  #run = new AbortController()

  constructor(video: HTMLVideoElement, options: PlayerOptions) {
    this.#video = video
    this.#options = options
    this.sound = new Sound(video, options.muted ?? false)
    this.#order = options.playOrder?.length ? options.playOrder : PLAY_ORDER
    this.#entrance = new Entrance(options, (words) => this.#say({ kind: 'waiting', words }))
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
    const refusal = await this.#entrance.enter(signal)
    if (signal.aborted) return
    if (refusal) return this.#end(refusal.words, refusal.action)
    await this.#playAll(signal)
  }

  /** Every engine in turn, and the one that has played again and again. */
  async #playAll(signal: AbortSignal): Promise<void> {
    let played = false
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (!played && attempt >= this.#order.length * ROUNDS) {
        if (!this.#isFull) return this.#end(UNPLAYABLE, 'Try again')
        this.#say({ kind: 'waiting', words: wordsFor('TOO_MANY_CONNECTIONS') })
        await pause(COMES_BACK_AFTER, signal)
        attempt = 0
      }
      const engine = this.#order[played ? 0 : attempt % this.#order.length] ?? 'hls'
      const outcome = await this.#playBy(engine, signal, played)
      if (signal.aborted) return
      if (outcome !== 'no-picture') {
        played = true
        attempt = 0
        this.#order = [engine, ...this.#order.filter((other) => other !== engine)]
      }
      if (outcome === 'interrupted' && this.#tabs.isElsewhere()) return this.#end(ELSEWHERE, 'Play here')
      if (await this.#isShutOut(signal)) return
      if (played) {
        this.#say({ kind: 'waiting', words: INTERRUPTED })
        await pause(Math.min(300 * 2 ** attempt, 4000), signal)
      }
    }
  }

  async #playBy(name: EngineName, outer: AbortSignal, again: boolean): Promise<Outcome> {
    const life = new AbortController()
    const signal = AbortSignal.any([outer, life.signal])
    const { play, patience } = ENGINES[name]
    const { app, streamId } = this.#options
    let over = false
    const onEnd = () => {
      over = true
    }
    if (!again) this.#say({ kind: 'connecting' })
    try {
      const progress = new Progress(this.#video)
      const source = { app, streamId, session: this.#entrance.session }
      void play(this.#video, source, { signal, onEnd }).then(
        () => this.sound.start(),
        (error) => {
          this.#isFull = error instanceof OfferRefused && error.code === 'TOO_MANY_CONNECTIONS'
          onEnd()
        },
      )
      while (!signal.aborted && !over) {
        await pause(LOOKS_EACH, signal)
        // The browser lets nothing be shown before somebody presses.
        if (this.sound.blocked.value) progress.expectFromNow()
        const still = progress.stalledFor()
        if (!progress.shown && still > patience) break
        if (progress.shown && still < STILL) this.#say({ kind: 'playing', engine: name })
        if (progress.shown && still > STILL && (await this.#entrance.isOver())) return 'no-access'
        if (progress.shown && still > STUCK) break
      }
      return progress.shown ? 'interrupted' : 'no-picture'
    } finally {
      life.abort()
    }
  }

  /** Whether access has ended, or was given up while the stream was away. */
  async #isShutOut(signal: AbortSignal): Promise<boolean> {
    const refusal = await this.#entrance.enter(signal, true)
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
