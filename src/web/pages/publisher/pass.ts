import type { StreamName } from '../../../services/daemon-operations.ts'
import type { Words } from '../player/ports.ts'
import { askSession, exchangeToken, type Place, type SessionAnswer } from '../session.ts'
import { PUT_OUT, wordsFor } from '../words.ts'

export interface PassOptions extends StreamName {
  readonly token: string | null
  /** Holds the session itself and not in a cookie. */
  readonly withoutCookie: boolean
  /** The token has been exchanged. */
  onOpened(): void
}

export type Refused = Extract<SessionAnswer, { ok: false }>

/** The right to broadcast: the token until it is exchanged, and then the session. */
export class Pass {
  readonly #options: PassOptions
  readonly #place: Place
  #opened = false
  #session: string | null = null
  #opening: Promise<SessionAnswer> | null = null

  constructor(options: PassOptions) {
    this.#options = options
    this.#place = { app: options.app, streamId: options.streamId, type: 'publish' }
  }

  /** To be shown to the door; null: the browser shows its cookie. */
  get session(): string | null {
    return this.#session
  }

  /** Exchanges the token, or asks whether what it has opened is open still. */
  enter(): Promise<SessionAnswer> {
    if (this.#opened) return this.ask()
    this.#opening ??= this.#exchange().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #exchange(): Promise<SessionAnswer> {
    const { token, withoutCookie, onOpened } = this.#options
    const answer = await exchangeToken(this.#place, { token, whenFree: true, ...(withoutCookie && { session: true }) })
    if (!answer.ok) return answer
    this.#opened = true
    this.#session = answer.session
    onOpened()
    return answer
  }

  /** Whether the session is open still. */
  ask(): Promise<SessionAnswer> {
    const held = this.#session === null ? {} : { session: this.#session }
    return askSession(this.#place, { spend: false, ...held })
  }

  /** What to tell of a refusal: where the session is over, what has become of the token says why. */
  async explain({ code, message }: Refused): Promise<Words> {
    const { token } = this.#options
    if (!code.startsWith('SESSION_') || token === null) return wordsFor(code, message)
    this.#opened = false
    this.#session = null
    const verdict = await askSession(this.#place, { token, spend: false, session: true })
    return verdict.ok || verdict.code === 'TOKEN_USED' ? PUT_OUT : wordsFor(verdict.code, verdict.message)
  }
}
