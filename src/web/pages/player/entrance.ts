import type { StreamName } from '../../../services/daemon-operations.ts'
import { pause } from '../abort.ts'
import { askSession, exchangeToken, type Place, type SessionAnswer } from '../session.ts'
import { isPassing, OFFLINE, PUT_OUT, UNDECODABLE, wordsFor } from '../words.ts'
import type { VideoCodec } from './codecs.ts'
import type { Words } from './ports.ts'

export interface EntranceOptions extends StreamName {
  readonly token: string | null
  /** What can be played here: nothing is spent on a stream of any other codec. */
  readonly codecs: readonly VideoCodec[]
  readonly withoutCookie?: boolean
  onOpened?(): void
  onPublishToken?(): void
}

export interface ShutOut {
  readonly words: Words
  readonly action: string | null
}

type Refused = Extract<SessionAnswer, { ok: false }>

/** Waits in milliseconds: short at first, for a stream that is about to begin. */
const WAITS = [1000, 1000, 2000, 2000, 3000, 5000]
const LONGEST_WAIT = 60_000

/** Exchanges the token for a session, and knows when that is over. */
export class Entrance {
  readonly #place: Place
  readonly #options: EntranceOptions
  readonly #onWait: (words: Words) => void
  #opened = false
  #session: string | null = null
  #askedAt = 0
  #opening: Promise<SessionAnswer> | null = null

  constructor(options: EntranceOptions, onWait: (words: Words) => void) {
    this.#options = options
    this.#place = { app: options.app, streamId: options.streamId, type: 'play' }
    this.#onWait = onWait
  }

  /** To be shown to the doors; null: the browser shows its cookie. */
  get session(): string | null {
    return this.#session
  }

  /**
   * Resolves with null as soon as the stream is live and may be played, or with why it may not. The token is spent at
   * that moment and no earlier, and once: with `again` only what it has opened is asked for.
   */
  async enter(signal: AbortSignal, again = false): Promise<ShutOut | null> {
    for (let tries = 0; ; tries++) {
      const answer = await (this.#opened || again ? this.#askAgain() : this.#open())
      if (signal.aborted) return null
      if (answer.ok) return null
      if (!isPassing(answer.code)) return this.#explain(answer)
      this.#onWait(navigator.onLine ? wordsFor(answer.code, answer.message) : OFFLINE)
      const wait = answer.retryAfter ? answer.retryAfter * 1000 : (WAITS[tries] ?? 5000)
      await pause(Math.min(wait, LONGEST_WAIT), signal)
    }
  }

  /** Whether the session is over; false where nobody can tell, or has been asked within the second. */
  async isOver(): Promise<boolean> {
    if (performance.now() - this.#askedAt < 1000) return false
    this.#askedAt = performance.now()
    const answer = await this.#askAgain()
    return !answer.ok && !isPassing(answer.code)
  }

  /** Begins anew with the token, as somebody wishes who was put out. */
  reset(): void {
    this.#opened = false
    this.#session = null
  }

  /** Whoever presses Stop and Play meanwhile waits for the same answer. */
  #open(): Promise<SessionAnswer> {
    this.#opening ??= this.#exchange().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #exchange(): Promise<SessionAnswer> {
    const { token, codecs, withoutCookie, onOpened } = this.#options
    const order = { token, whenLive: true, codecs, ...(withoutCookie && { session: true }) }
    const answer = await exchangeToken(this.#place, order)
    if (answer.ok) {
      this.#opened = true
      this.#session = answer.session
      onOpened?.()
    }
    return answer
  }

  #askAgain(): Promise<SessionAnswer> {
    const held = this.#session === null ? {} : { session: this.#session }
    return askSession(this.#place, { whenLive: true, spend: false, ...held })
  }

  async #explain({ code, message }: Refused): Promise<ShutOut> {
    const { token, onPublishToken } = this.#options
    if (code === 'CODEC_UNSUPPORTED') return { words: UNDECODABLE, action: 'Try again' }
    if (code === 'TOKEN_OTHER_TYPE' && onPublishToken) onPublishToken()
    if (!this.#opened || token === null) return { words: wordsFor(code, message), action: null }
    // The session is over. What has become of the token says why.
    const verdict = await askSession(this.#place, { token, spend: false, session: true })
    this.reset()
    if (verdict.ok) return { words: PUT_OUT, action: 'Play again' }
    const words = verdict.code === 'TOKEN_USED' ? PUT_OUT : wordsFor(verdict.code, verdict.message)
    return { words, action: null }
  }
}
