import { timingSafeEqual } from 'node:crypto'
import { hashSecret, type SecretHash } from '../domain/secret.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'
import type { Role, User } from '../domain/user.ts'
import { newLoginSecret } from './identifiers.ts'
import type { Clock } from './ports.ts'
import type { Users } from './users.ts'

const IDLE: Seconds = 12 * 3600
const LONGEST: Seconds = 7 * 86_400
const MOST_LOGINS = 1000

/** A browser, or a script, that has shown a password. */
export interface Login {
  readonly hash: SecretHash
  readonly userId: string
  readonly name: string
  readonly role: Role
  /** What a page shows with whatever changes something: a page of another site cannot know it. */
  readonly csrf: string
  /** Aborts when the login ends. */
  readonly signal: AbortSignal
}

interface OpenLogin extends Login {
  readonly controller: AbortController
  /** The password hash that was shown to be known: another one ends the login. */
  readonly password: string
  readonly since: UnixSeconds
  lastSeen: UnixSeconds
}

/** Who is logged in, in the memory of the daemon; known by the hashes of the secrets that they hold. */
export class Logins {
  readonly #users: Users
  readonly #clock: Clock
  readonly #most: number
  /** The one seen longest ago comes first. */
  readonly #open = new Map<SecretHash, OpenLogin>()

  constructor(users: Users, clock: Clock, most = MOST_LOGINS) {
    this.#users = users
    this.#clock = clock
    this.#most = most
  }

  /** A new login with a secret of its own, whatever the browser showed before. */
  open(user: User): { readonly login: Login; readonly secret: string } {
    const secret = newLoginSecret()
    const controller = new AbortController()
    const now = this.#clock.now()
    const login: OpenLogin = {
      hash: hashSecret(secret),
      userId: user.id,
      name: user.name,
      role: user.role,
      csrf: newLoginSecret(),
      signal: controller.signal,
      controller,
      password: user.password,
      since: now,
      lastSeen: now,
    }
    this.#open.set(login.hash, login)
    if (this.#open.size > this.#most) this.#makeRoom()
    return { login, secret }
  }

  /** Ends the oldest login of the user who has most: who logs in again and again, as scripts do, logs nobody else out. */
  #makeRoom(): void {
    const counts = new Map<string, number>()
    for (const { userId } of this.#open.values()) counts.set(userId, (counts.get(userId) ?? 0) + 1)
    const [[greediest] = []] = [...counts].sort(([, a], [, b]) => b - a)
    const oldest = [...this.#open.values()].find(({ userId }) => userId === greediest)
    if (oldest) this.end(oldest)
  }

  /** Whose secret this is; it keeps the login from going idle. */
  find(secret: string): Login | undefined {
    const login = this.#open.get(hashSecret(secret))
    if (!login) return undefined
    if (this.#isOver(login)) {
      this.end(login)
      return undefined
    }
    login.lastSeen = this.#clock.now()
    this.#open.delete(login.hash)
    this.#open.set(login.hash, login)
    return login
  }

  end({ hash }: Login): void {
    const login = this.#open.get(hash)
    this.#open.delete(hash)
    login?.controller.abort()
  }

  /** Ends every login of a user. */
  endOf(userId: string): void {
    for (const login of [...this.#open.values()]) if (login.userId === userId) this.end(login)
  }

  /** Ends what has run out, or whose user has changed. */
  sweep(): void {
    for (const login of [...this.#open.values()]) if (this.#isOver(login)) this.end(login)
  }

  #isOver({ userId, password, role, since, lastSeen }: OpenLogin): boolean {
    const now = this.#clock.now()
    if (now - lastSeen >= IDLE || now - since >= LONGEST) return true
    const user = this.#users.withId(userId)
    return user?.password !== password || user.role !== role
  }
}

/** Whether `shown` is the login's; takes as long whichever characters differ. */
export function isCsrfToken({ csrf }: Login, shown: string | undefined): boolean {
  return shown?.length === csrf.length && timingSafeEqual(Buffer.from(hashSecret(shown)), Buffer.from(hashSecret(csrf)))
}
