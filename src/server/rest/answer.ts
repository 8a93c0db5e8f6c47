import type { TokenType, TokenView } from '../../domain/token.ts'
import type { UnixSeconds } from '../../domain/units.ts'

/** AMS's `Result`. */
export interface Result {
  readonly success: boolean
  readonly message: string
  readonly dataId: string
  readonly errorId: number
}

/** AMS's `Token`. */
export interface RestToken {
  /** The secret where it is minted or was shown to us; in lists the public id, the secret being stored nowhere. */
  readonly tokenId: string
  readonly streamId: string
  /** 0: never. */
  readonly expireDate: UnixSeconds
  readonly type: TokenType
  readonly roomId: null
}

/** What a route answers: a status, and a body of JSON or none. */
export interface Answer {
  readonly status: 200 | 204 | 400
  readonly body?: Result | RestToken | readonly RestToken[]
}

export function result(success: boolean, message = ''): Result {
  return { success, message, dataId: '', errorId: 0 }
}

export function restToken(token: TokenView, tokenId: string): RestToken {
  const { streamId, expireDate, type } = token
  return { tokenId, streamId, expireDate: expireDate ?? 0, type, roomId: null }
}
