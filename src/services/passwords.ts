import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { AmsctlError } from '../domain/errors.ts'

const LOG_N = 15
const COST = { N: 2 ** LOG_N, r: 8, p: 1, maxmem: 2 ** 26 } as const satisfies ScryptOptions
const SALT_BYTES = 16
const HASH_BYTES = 32

/** Each takes 32 MiB and a thread of libuv's four, which files need as well. */
const MOST_AT_ONCE = 2
const MOST_WAITING = 32

/**
 * Hashes passwords with scrypt, a few at a time; SERVER_BUSY where too many wait. Strangers wait in a queue of their own:
 * however many guess from however many addresses, they keep out nobody who is known.
 */
export class Passwords {
  readonly #mostWaiting: number
  #running = 0
  readonly #known: (() => void)[] = []
  readonly #strangers: (() => void)[] = []
  /** The hash of nobody's password, for names that nobody has. */
  readonly #nobody = format(randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))

  constructor(mostWaiting = MOST_WAITING) {
    this.#mostWaiting = mostWaiting
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    return format(salt, await this.#derive(password, salt, this.#known))
  }

  /** Whether `password` is that of `stored`. Where there is none the answer is no, and takes as long. */
  async matches(password: string, stored: string | undefined, isKnown = false): Promise<boolean> {
    const [salt = '', hash = ''] = (stored ?? this.#nobody).split('$').slice(4)
    const queue = isKnown ? this.#known : this.#strangers
    const derived = await this.#derive(password, Buffer.from(salt, 'base64'), queue)
    return timingSafeEqual(derived, Buffer.from(hash, 'base64')) && stored !== undefined
  }

  async #derive(password: string, salt: Buffer, queue: (() => void)[]): Promise<Buffer> {
    await this.#turn(queue)
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // The same characters typed on another system may come composed differently.
        scrypt(password.normalize('NFKC'), salt, HASH_BYTES, COST, (error, key) =>
          error ? reject(error) : resolve(key),
        )
      })
    } finally {
      const next = this.#known.shift() ?? this.#strangers.shift()
      if (next) next()
      else this.#running--
    }
  }

  /** Resolves when it is the caller's turn, which it hands on when it is done. */
  async #turn(queue: (() => void)[]): Promise<void> {
    if (this.#running < MOST_AT_ONCE) {
      this.#running++
      return
    }
    if (queue.length >= this.#mostWaiting) {
      throw new AmsctlError('SERVER_BUSY', 'too many passwords are being checked at this moment; try again shortly')
    }
    await new Promise<void>((resolve) => queue.push(resolve))
  }
}

function format(salt: Buffer, hash: Buffer): string {
  return `scrypt$${LOG_N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`
}
