import { AmsctlError } from '../../domain/errors.ts'
import type { Seconds, UnixSeconds } from '../../domain/units.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import type { Login } from '../../services/logins.ts'

/** How long a preview may take to begin. */
export const PREVIEW_TIME: Seconds = 60
/** And how long it may last: a daemon that crashed no longer knows of the login with which it should end. */
export const LONGEST_PREVIEW: Seconds = 12 * 3600
/** Begun within that time; a viewer may look, and not fill the store with tokens. */
const MOST_AT_ONCE = 30
/** Those begun last go on while the login does; the ones before them end, lest any outlive it. */
const MOST_KEPT = 100

type Revoke = Pick<DaemonOperations, 'revokeTokens'>

const byLogin = new WeakMap<Login, Previews>()

/** The previews of `login`, the first of which brings the operations that end them. */
export function previewsOf(login: Login, operations: Revoke): Previews {
  const known = byLogin.get(login) ?? new Previews(login, operations)
  byLogin.set(login, known)
  return known
}

class Previews {
  readonly #login: Login
  readonly #operations: Revoke
  #begun: UnixSeconds[] = []
  readonly #tokens: string[] = []

  constructor(login: Login, operations: Revoke) {
    this.#login = login
    this.#operations = operations
    login.signal.addEventListener('abort', () => void this.#keep(0), { once: true })
  }

  /** TOO_MANY_CONNECTIONS. */
  count(now: UnixSeconds): void {
    const recent = this.#begun.filter((at) => at <= now && now - at < PREVIEW_TIME)
    if (recent.length >= MOST_AT_ONCE) throw new AmsctlError('TOO_MANY_CONNECTIONS', 'too many previews; wait a minute')
    this.#begun = [...recent, now]
  }

  /** `id` is that of the token; where the login has ended meanwhile, so does the preview. */
  async note(id: string): Promise<void> {
    this.#tokens.push(id)
    await this.#keep(this.#login.signal.aborted ? 0 : MOST_KEPT)
  }

  /** Ends all but the newest. A token that was pruned meanwhile is none to revoke. */
  async #keep(most: number): Promise<void> {
    const refs = this.#tokens.splice(0, Math.max(0, this.#tokens.length - most))
    if (refs.length > 0) await this.#operations.revokeTokens({ refs }).catch(() => undefined)
  }
}
