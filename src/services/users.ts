import { AmsctlError } from '../domain/errors.ts'
import { printable } from '../domain/stream-id.ts'
import {
  isSameName,
  parsePassword,
  parseRole,
  parseUserName,
  type Role,
  type User,
  type UserView,
  viewUser,
} from '../domain/user.ts'
import { newUserId } from './identifiers.ts'
import type { Passwords } from './passwords.ts'
import type { Clock, ConfigurationStore } from './ports.ts'

export interface UserOrder {
  readonly name: string
  readonly password: string
  readonly role: Role
}

/** Who may log in to the panel and to REST. */
export class Users {
  readonly #store: ConfigurationStore
  readonly #passwords: Passwords
  readonly #clock: Clock

  constructor(store: ConfigurationStore, passwords: Passwords, clock: Clock) {
    this.#store = store
    this.#passwords = passwords
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  list(): UserView[] {
    return this.#all.map(viewUser)
  }

  /** By name, whatever its case. */
  find(name: string): User | undefined {
    return this.#all.find((user) => isSameName(user.name, name))
  }

  withId(id: string): User | undefined {
    return this.#all.find((user) => user.id === id)
  }

  /** Where nobody has that name, the answer takes as long. Who is known does not wait for strangers. SERVER_BUSY. */
  async isPassword(user: User | undefined, password: string, isKnown = false): Promise<boolean> {
    return this.#passwords.matches(password, user?.password, isKnown)
  }

  async create(order: UserOrder): Promise<User> {
    const user = await this.#prepare(order)
    if (this.find(user.name)) throw exists(user.name)
    await this.#write([...this.#all, user])
    return user
  }

  /** The first admin; of several at once exactly one comes about. USER_EXISTS. */
  async createFirst(order: Omit<UserOrder, 'role'>): Promise<User> {
    if (!this.isEmpty) throw notFirst()
    const user = await this.#prepare({ ...order, role: 'admin' })
    if (!this.isEmpty) throw notFirst()
    await this.#write([user])
    return user
  }

  async delete(name: string): Promise<User> {
    const user = this.#require(name)
    await this.#keepingAnAdmin(
      user,
      this.#all.filter((other) => other !== user),
    )
    return user
  }

  async changeRole(name: string, role: Role): Promise<User> {
    const user = this.#require(name)
    const changed = { ...user, role: parseRole(role) }
    await this.#keepingAnAdmin(
      user,
      this.#all.map((other) => (other === user ? changed : other)),
    )
    return changed
  }

  /** LOGIN_MISSING where the user is no more as the caller has known it: deleted, or with another password. */
  async changePassword(name: string, next: string, known?: User): Promise<User> {
    this.#require(name)
    const password = await this.#passwords.hash(parsePassword(next))
    const user = this.#require(name)
    if (known && (user.id !== known.id || user.password !== known.password)) {
      throw new AmsctlError('LOGIN_MISSING', `${user.name} has been changed meanwhile; log in again`)
    }
    const changed = { ...user, password }
    await this.#write(this.#all.map((other) => (other === user ? changed : other)))
    return changed
  }

  get #all(): readonly User[] {
    return this.#store.current.users ?? []
  }

  async #prepare({ name, password, role }: UserOrder): Promise<User> {
    const facts = { id: newUserId(), name: parseUserName(name), role: parseRole(role), createdAt: this.#clock.now() }
    if (this.find(name)) throw exists(name)
    return { ...facts, password: await this.#passwords.hash(parsePassword(password)) }
  }

  #require(name: string): User {
    const user = this.find(name)
    if (user) return user
    throw new AmsctlError('USER_NOT_FOUND', `no user "${printable(name)}"; see amsctl user list`)
  }

  /** Writes `users`, which a user has left, or has another role among. LAST_ADMIN. */
  async #keepingAnAdmin({ name, role }: User, users: readonly User[]): Promise<void> {
    if (role === 'admin' && !users.some((other) => other.role === 'admin')) {
      throw new AmsctlError('LAST_ADMIN', `${name} is the last admin; create another one first`)
    }
    await this.#write(users)
  }

  async #write(users: readonly User[]): Promise<void> {
    await this.#store.write({ ...this.#store.current, users })
  }
}

function exists(name: string): AmsctlError {
  return new AmsctlError('USER_EXISTS', `there is a user "${name}" already`)
}

function notFirst(): AmsctlError {
  return new AmsctlError('USER_EXISTS', 'there is a user already; log in')
}
