import { inCidrs } from './address.ts'
import { roughDuration } from './duration.ts'
import { opensStream } from './stream-id.ts'
import { isExpired, isUsedUp, type Protocol, type Token, type TokenType } from './token.ts'
import { type Seconds, toRfc3339, type UnixSeconds } from './units.ts'

/** What a client shows to be let in, exactly as its protocol carried it. */
export type Credential =
  | { readonly kind: 'token'; readonly secret: string }
  | { readonly kind: 'session'; readonly secret: string }
  /** Present, yet nothing that could be judged, such as a repeated parameter. */
  | { readonly kind: 'malformed' }

/** The one question that every door asks the gate. `app` and `streamId` are validated at the edge. */
export interface AccessRequest {
  readonly app: string
  readonly streamId: string
  readonly type: TokenType
  readonly protocol: Protocol
  /** Canonical address of the client; null where the asker stands for an unknown one (a dry run). */
  readonly address: string | null
  readonly userAgent: string | null
  readonly credential: Credential | null
  /** Secret of a session that a browser keeps for this stream; tried before the credential. */
  readonly cookie?: string
}

export type RefusalCode =
  | 'TOKEN_MISSING'
  | 'TOKEN_UNKNOWN'
  | 'TOKEN_MALFORMED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET'
  | 'TOKEN_OTHER_STREAM'
  | 'TOKEN_OTHER_APP'
  | 'TOKEN_OTHER_TYPE'
  | 'TOKEN_OTHER_ADDRESS'
  | 'TOKEN_USED'
  | 'TOKEN_REVOKED'
  | 'TOKEN_RESERVED'
  | 'SESSION_INVALID'
  | 'SESSION_MISSING'
  | 'ADDRESS_NOT_ALLOWED'
  | 'TOO_MANY_GUESSES'
  | 'STORE_FAILED'

export interface Refusal {
  readonly ok: false
  readonly code: RefusalCode
  /** For the person at the other end: what and why, with no secret in it. */
  readonly message: string
  /** Public id of the token that was refused, where one was recognised. */
  readonly tokenId: string | null
  readonly retryAfter?: Seconds
}

export type Verdict = { readonly ok: true; readonly token: Token } | Refusal

export function refuse(code: RefusalCode, message: string, token?: Token, retryAfter?: Seconds): Refusal {
  return { ok: false, code, message, tokenId: token?.id ?? null, ...(retryAfter !== undefined && { retryAfter }) }
}

/** Decides whether `token` opens `request` at `now`; spending it is the caller's step. */
export function evaluate(token: Token | undefined, request: AccessRequest, now: UnixSeconds): Verdict {
  if (!token) return refuse('TOKEN_UNKNOWN', 'unknown token')
  if (token.type !== request.type) {
    return refuse('TOKEN_OTHER_TYPE', `this token is for ${token.type}, not for ${request.type}`, token)
  }
  if (token.app !== request.app) return refuse('TOKEN_OTHER_APP', 'this token is for another app', token)
  if (!opensStream(token.streamId, request.streamId)) {
    return refuse('TOKEN_OTHER_STREAM', 'this token is for another stream', token)
  }
  if (token.ip !== null && request.address !== null && !inCidrs(request.address, [token.ip])) {
    return refuse('TOKEN_OTHER_ADDRESS', 'this token is bound to another address', token)
  }
  const spent = judgeSpendable(token, now)
  if (spent) return spent
  if (token.notBefore !== null && now < token.notBefore) {
    const wait = token.notBefore - now
    return refuse('TOKEN_NOT_YET', `this token is not valid before ${toRfc3339(token.notBefore)}`, token, wait)
  }
  return { ok: true, token }
}

/** The part of the verdict that time and other users change, which a store judges again as it spends. */
export function judgeSpendable(token: Token, now: UnixSeconds): Refusal | undefined {
  if (token.revokedAt !== null) {
    return refuse('TOKEN_REVOKED', `token revoked ${roughDuration(now - token.revokedAt)} ago`, token)
  }
  if (isUsedUp(token)) return refuse('TOKEN_USED', describeUse(token, now), token)
  if (isExpired(token, now)) {
    return refuse('TOKEN_EXPIRED', `token expired ${roughDuration(now - (token.expireDate ?? now))} ago`, token)
  }
  return undefined
}

/** Says when and over what it was used; by whom is for the operator (`token show`, the audit), not for a stranger. */
function describeUse(token: Token, now: UnixSeconds): string {
  const last = token.lastUses.at(-1)
  if (!last) return 'token already used'
  return `token already used ${roughDuration(now - last.at)} ago over ${last.protocol}`
}
