import { createHash } from 'node:crypto'

/** SHA-256 of a secret in lower-case hex: what is stored instead of it. */
export type SecretHash = string

/** A token's public id: safe to log and to list, opens nothing. */
export const TOKEN_ID = /^tk_[0-9a-z]{12}$/

/** A public id made of a hash is this many of its bits, which 12 characters of base 36 have room for. */
const ID_BITS = 62n
const HASH_DIGITS = 16

const LONGEST_SECRET = 256

export function hashSecret(secret: string): SecretHash {
  return createHash('sha256').update(secret).digest('hex')
}

/**
 * The public id of a new token: the first 62 bits of its hash, so that ids sort as hashes do and a store sorted by hash
 * finds both. Of the 190 random bits of a secret they tell nothing; one that somebody chose must not get its id so.
 */
export function tokenIdOf(hash: SecretHash): string {
  const bits = BigInt(`0x${hash.slice(0, HASH_DIGITS)}`) >> (64n - ID_BITS)
  return `tk_${bits.toString(36).padStart(12, '0')}`
}

/** The least that the first 16 digits of a hash can be whose {@link tokenIdOf} is `id`. */
export function hashPrefixOf(id: string): string | undefined {
  if (!TOKEN_ID.test(id)) return undefined
  let bits = 0n
  for (const character of id.slice('tk_'.length)) bits = bits * 36n + BigInt(Number.parseInt(character, 36))
  return bits >> ID_BITS === 0n ? (bits << (64n - ID_BITS)).toString(16).padStart(HASH_DIGITS, '0') : undefined
}

/** What may be printed of a secret: four characters and an ellipsis. */
export function maskSecret(secret: string): string {
  return `${secret.slice(0, 4).replace(/[^A-Za-z0-9_-]/g, '?')}…`
}

/** What may be printed of a reference to something stored: a public id whole; anything else could be a secret. */
export function maskReference(text: string): string {
  return /^[a-z]{2}_[0-9a-z]{1,20}$/.test(text) ? text : maskSecret(text)
}

/** Whether `text` could be a secret at all: 1 to 256 characters, none of them a control character. */
export function isSecretShaped(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.length > 0 && text.length <= LONGEST_SECRET && !/[\u0000-\u001f\u007f]/.test(text)
}

/** Whether `text` has the form in which tokens are minted; imported ones may have others. */
export function isMintedShaped(text: string): boolean {
  return /^[0-9A-Za-z]{32}$/.test(text)
}
