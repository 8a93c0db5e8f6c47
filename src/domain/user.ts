import { AmsctlError } from './errors.ts'
import { printable } from './stream-id.ts'
import { toRfc3339, type UnixSeconds } from './units.ts'

/** An admin may do everything, a viewer only look. */
export const ROLES = ['admin', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** Somebody who may log in. */
export interface User {
  /** `us_` and 12 of `[0-9a-z]`. */
  readonly id: string
  /** Unique, whatever its case. */
  readonly name: string
  readonly role: Role
  /** `scrypt$15$8$1$salt$hash`, salt and hash in base64. */
  readonly password: string
  readonly createdAt: UnixSeconds
}

/** The shape of `user list --json`. Fields are only ever added. */
export interface UserView {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdAt: string
}

/** log2 N, r, p, 16 bytes of salt, 32 of hash. */
export const PASSWORD_HASH = /^scrypt\$15\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/
export const USER_ID = /^us_[0-9a-z]{12}$/

const NAME = /^[A-Za-z0-9._@+-]{1,64}$/
const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1024

export function isUserName(text: string): boolean {
  return NAME.test(text)
}

export function parseUserName(text: string): string {
  if (isUserName(text)) return text
  throw new AmsctlError('BAD_VALUE', `"${printable(text)}" is not a user name; use 1 to 64 of A-Z a-z 0-9 . _ @ + -`)
}

/** Returns `text` if it is fit for a password, which a page's field can take; the message never repeats it. */
export function parsePassword(text: string): string {
  if (/\p{Cc}/u.test(text)) throw new AmsctlError('BAD_VALUE', 'a password is one line without control characters')
  if (text.length >= SHORTEST_PASSWORD && text.length <= LONGEST_PASSWORD) return text
  throw new AmsctlError('BAD_VALUE', `a password has ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`)
}

export function parseRole(text: string): Role {
  const role = ROLES.find((known) => known === text)
  if (role !== undefined) return role
  throw new AmsctlError('BAD_VALUE', `role must be ${ROLES.join(' or ')}, not "${printable(text)}"`)
}

export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

export function viewUser({ id, name, role, createdAt }: User): UserView {
  return { id, name, role, createdAt: toRfc3339(createdAt) }
}
