import { hashSecret } from '../domain/secret.ts'
import type { Seconds } from '../domain/units.ts'
import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'
import type { Lockout } from './lockout.ts'
import type { Login, Logins } from './logins.ts'
import type { Clock } from './ports.ts'
import type { Users } from './users.ts'

interface Dependencies {
  readonly users: Users
  readonly logins: Logins
  readonly lockout: Lockout
  readonly audit: Audit
  readonly clock: Clock
}

export interface Credentials {
  readonly name: string
  readonly password: string
  readonly address: string
}

/** `secret` is for the cookie, and kept nowhere else. */
export interface SignedIn {
  readonly ok: true
  readonly login: Login
  readonly secret: string
}

export interface SignInRefusal {
  readonly ok: false
  readonly code: 'WRONG_PASSWORD' | 'TOO_MANY_GUESSES'
  readonly message: string
  readonly retryAfter?: Seconds
}

/** Logging in and out, on record and with a limit to guessing. */
export class SignIn {
  readonly #users: Users
  readonly #logins: Logins
  readonly #lockout: Lockout
  readonly #audit: Audit
  readonly #clock: Clock

  constructor({ users, logins, lockout, audit, clock }: Dependencies) {
    this.#users = users
    this.#logins = logins
    this.#lockout = lockout
    this.#audit = audit
    this.#clock = clock
  }

  /** A wrong password and a name that nobody has are refused alike, and as late. SERVER_BUSY. */
  async logIn(credentials: Credentials): Promise<SignedIn | SignInRefusal> {
    const user = await this.#check(credentials)
    return 'ok' in user ? user : this.#enter(user, credentials.address)
  }

  /** Makes the first admin and logs it in. USER_EXISTS. */
  async setUp({ name, password, address }: Credentials): Promise<SignedIn> {
    const user = await this.#users.createFirst({ name, password })
    this.#audit.record({ event: 'user-create', by: actorName(user), address, message: `${user.name} (admin)` })
    return this.#enter(user, address)
  }

  logOut(login: Login, address: string): void {
    this.#logins.end(login)
    this.#audit.record({ event: 'logout', by: actorName(login), address })
  }

  /** Ends every login of the user but for a fresh one. */
  async changePassword(
    login: Login,
    { current, next, address }: { readonly current: string; readonly next: string; readonly address: string },
  ): Promise<SignedIn | SignInRefusal> {
    const user = await this.#check({ name: login.name, password: current, address })
    if ('ok' in user) return user
    const changed = await this.#users.changePassword(user.name, next, user)
    this.#logins.endOf(user.id)
    this.#audit.record({ event: 'user-passwd', by: actorName(user), address, message: user.name })
    return { ok: true, ...this.#logins.open(changed) }
  }

  async #check({ name, password, address }: Credentials): Promise<User | SignInRefusal> {
    const user = this.#users.find(name)
    // A password that was set since, as an admin does for who has forgotten it, has had no wrong ones yet.
    const target = user ? `${user.id} ${hashSecret(user.password)}` : name
    const attempt = this.#lockout.begin(target, address, this.#clock.now())
    if (!attempt.ok) return this.#refuse(user, address, attempt.retryAfter)
    const right = await this.#users.isPassword(user, password, attempt.isKnown).catch((error) => {
      attempt.void()
      throw error
    })
    // The password may have been changed, or the user deleted, while it was hashed.
    if (right && user && this.#users.withId(user.id)?.password === user.password) {
      attempt.right()
      return user
    }
    attempt.wrong()
    return this.#refuse(user, address)
  }

  #refuse(user: User | undefined, address: string, retryAfter?: Seconds): SignInRefusal {
    const code = retryAfter === undefined ? 'WRONG_PASSWORD' : 'TOO_MANY_GUESSES'
    // A name that nobody has may be a password typed into the wrong field.
    const message = user ? `user ${user.name}` : 'unknown user'
    this.#audit.recordRefusal({ event: 'login-fail', by: 'client', address, code, message }, user?.id ?? null)
    if (retryAfter === undefined) return { ok: false, code, message: 'wrong name or password' }
    return { ok: false, code, message: `too many wrong passwords; wait ${retryAfter}s`, retryAfter }
  }

  #enter(user: User, address: string): SignedIn {
    this.#audit.record({ event: 'login', by: actorName(user), address })
    return { ok: true, ...this.#logins.open(user) }
  }
}

/** How the audit calls who is logged in. */
export function actorName({ name }: { readonly name: string }): string {
  return `user:${name}`
}
