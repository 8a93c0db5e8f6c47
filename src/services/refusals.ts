import { type AccessRequest, type Refusal, refuse } from '../domain/access.ts'
import { AmsctlError } from '../domain/errors.ts'
import { hashSecret } from '../domain/secret.ts'
import type { Milliseconds } from '../domain/units.ts'
import type { Audit } from './audit.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { Clock } from './ports.ts'

/** How long the answer to one guess too many is kept back, and how many answers at a time. */
const GUESS_DELAY: Milliseconds = 500
const MOST_DELAYED = 200

interface Dependencies {
  readonly audit: Audit
  readonly guesses: GuessLimit
  readonly clock: Clock
  readonly pause: (span: Milliseconds) => Promise<void>
}

/** Puts refusals on record and slows down whoever guesses. */
export class Refusals {
  readonly #audit: Audit
  readonly #guesses: GuessLimit
  readonly #clock: Clock
  readonly #pause: (span: Milliseconds) => Promise<void>
  #delayed = 0

  constructor({ audit, guesses, clock, pause }: Dependencies) {
    this.#audit = audit
    this.#guesses = guesses
    this.#clock = clock
    this.#pause = pause
  }

  /** Returns what to tell the client: `refusal`, or after too many guesses, and late, TOO_MANY_GUESSES. */
  async tell(request: AccessRequest, refusal: Refusal): Promise<Refusal> {
    const shown = shownSecret(request)
    const event = isGuess(refusal) ? 'guess' : 'refuse'
    const { code, message, tokenId } = refusal
    this.#audit.recordRefusal({ event, ...describe(request), code, message, tokenId }, hashSecret(shown))
    if (event === 'refuse' || request.address === null) return refusal
    return (await this.#count(request.address, shown)) ?? refusal
  }

  /** Puts a wrong API key on record; a refusal is returned, late, where it was one too many. */
  guessKey(address: string, wrong: string): Promise<Refusal | undefined> {
    const fact = { event: 'guess', by: 'client', address, protocol: 'rest', code: 'ACCESS_DENIED' } as const
    this.#audit.recordRefusal({ ...fact, message: 'unknown API key' }, hashSecret(wrong))
    return this.#count(address, wrong)
  }

  async #count(address: string, wrong: string): Promise<Refusal | undefined> {
    const wait = this.#guesses.note(address, wrong, this.#clock.now())
    if (wait === null) return undefined
    await this.#delay()
    return refuse('TOO_MANY_GUESSES', `too many wrong guesses from this address; wait ${wait}s`, undefined, wait)
  }

  async #delay(): Promise<void> {
    if (this.#delayed >= MOST_DELAYED) return
    this.#delayed++
    try {
      await this.#pause(GUESS_DELAY)
    } finally {
      this.#delayed--
    }
  }
}

/** What a client hears where the store cannot be read or written; other errors are thrown again. */
export function refuseStoreFailed(error: unknown): Refusal {
  if (!(error instanceof AmsctlError)) throw error
  return refuse('STORE_FAILED', 'the token store cannot be used now; the token is unspent')
}

/** The facts of a request for the audit. */
export function describe(request: AccessRequest) {
  const { address, protocol, app, streamId, type } = request
  return { by: 'client', address, protocol, app, streamId, type }
}

/** Only what cannot be a known token counts: a used or expired one is no attempt to find another. */
function isGuess({ code }: Refusal): boolean {
  return code === 'TOKEN_UNKNOWN' || code === 'TOKEN_MALFORMED' || code === 'SESSION_INVALID'
}

function shownSecret({ credential, cookie }: AccessRequest): string {
  if (credential === null) return cookie ?? ''
  return credential.kind === 'malformed' ? '' : credential.secret
}
