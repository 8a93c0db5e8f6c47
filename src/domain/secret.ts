import { createHash } from 'node:crypto'

/** SHA-256 of a secret in lower-case hex: what is stored instead of it. */
export type SecretHash = string

/** A token's public id: safe to log and to list, opens nothing. */
export const TOKEN_ID = /^tk_[0-9a-z]{12}$/

const LONGEST_SECRET = 256

export function hashSecret(secret: string): SecretHash {
  return createHash('sha256').update(secret).digest('hex')
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
