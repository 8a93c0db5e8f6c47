import { customAlphabet } from 'nanoid'

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz'

const publicPart = customAlphabet(LOWER, 12)

/** A token's secret: 190 bits, and no `-` that a shell tool could read as a flag. */
export const newTokenSecret = customAlphabet(ALPHANUMERIC, 32)
export const newSessionSecret = customAlphabet(ALPHANUMERIC, 32)

const keyPart = customAlphabet(ALPHANUMERIC, 40)
/** An API key's secret; the prefix lets secret scanners recognise one. */
export const newApiKeySecret = (): string => `amsctl_${keyPart()}`

const loginPart = customAlphabet(ALPHANUMERIC, 43)
/** What a login is known by: 256 bits. */
export const newLoginSecret = (): string => loginPart()

export const newSessionId = (): string => `ss_${publicPart()}`
export const newApiKeyId = (): string => `ak_${publicPart()}`
export const newUserId = (): string => `us_${publicPart()}`
