import type { SecretHash } from '../../domain/secret.ts'
import type { Seconds } from '../../domain/units.ts'

/** All that a script on one token touches; the hash tag puts it into one slot of a cluster. */
export function slotOf(hash: SecretHash): [token: string, reservations: string, sessions: string] {
  return [`amsctl:{${hash}}:t`, `amsctl:{${hash}}:r`, `amsctl:{${hash}}:s`]
}

/** For how long a node may be cut off and still learn of a token that is no longer kept that it was revoked. */
export const TOMBSTONE_KEPT: Seconds = 30 * 86_400

/** How a session was ended on purpose, in the slot of its token; `*`: how all sessions of the token were. */
export function tombstoneOf(hash: SecretHash, id: string): string {
  return `amsctl:{${hash}}:e:${id}`
}

/**
 * How much longer than for the retention the server keeps a token that nobody forgets: daemons do so every hour, and what
 * leads to a token goes only with it. What ends a token may so answer with it as well, though it be kept for no time.
 */
export const UNFORGOTTEN: Seconds = 86_400

/** Sorted set of the hashes of all tokens. */
export const TOKENS = 'amsctl:tokens'

/** `id:hash` of tokens whose id was not made of their hash. */
export const FOREIGN_IDS = 'amsctl:ids'

/** The same for the tokens of one stream, or with one glob. */
export function tokensOfStream(streamId: string): string {
  return `amsctl:stream:${streamId}`
}

/** The hash of the token of every session, by the session's id. */
export const SESSIONS = 'amsctl:sessions'

/** `tokenHash:sessionId` of the session with this secret. */
export function sessionWithSecret(secretHash: SecretHash): string {
  return `amsctl:secret:${secretHash}`
}

export const CONFIGURATION = 'amsctl:cfg'

/** Nodes that are up, by when they were heard of last in the server's unix seconds. */
export const NODES = 'amsctl:nodes'

/** Channels know no databases, which may hold a store each. */
export function channelOf(db: number, name: string): string {
  return `amsctl:${db}:${name}`
}
