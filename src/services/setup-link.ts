import { timingSafeEqual } from 'node:crypto'
import { hashSecret } from '../domain/secret.ts'
import { newLoginSecret } from './identifiers.ts'
import type { Users } from './users.ts'

/** The secret by which the first user can be made from anywhere; in memory only, and worthless once there is one. */
export class SetupLink {
  readonly #users: Users
  readonly #secret = newLoginSecret()

  constructor(users: Users) {
    this.#users = users
  }

  /** null: there is a user. */
  get secret(): string | null {
    return this.#users.isEmpty ? this.#secret : null
  }

  opensWith(shown: string | undefined): boolean {
    if (shown === undefined || !this.#users.isEmpty) return false
    return timingSafeEqual(Buffer.from(hashSecret(shown)), Buffer.from(hashSecret(this.#secret)))
  }
}
