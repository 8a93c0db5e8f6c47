import type { StoreOperations } from '../../services/operations.ts'
import { type RestToken, type Result, restToken, result } from './answer.ts'
import { readMint, readPage, readQuestion, readStreamId } from './input.ts'

/** One call of the REST API by somebody who may make it. */
export interface Call {
  readonly app: string
  readonly operations: StoreOperations
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  /** As it came; empty: none. */
  readonly body: string
}

/** Mints a token for exactly one stream. */
export async function mintToken({ app, operations, query }: Call, id: string | null): Promise<RestToken> {
  const [minted] = await operations.createTokens({ app, ...readMint(id, query) })
  if (!minted?.tokenId) throw new Error('a mint returned no token')
  return restToken(minted, minted.tokenId)
}

export type Validation = { readonly token: RestToken } | { readonly token: null; readonly reason: string }

/** Judges a token and spends it. The address of the caller is not that of the viewer, so none is judged. */
export async function validateToken({ app, operations, body }: Call): Promise<Validation> {
  const question = readQuestion(body)
  if (question === null) return { token: null, reason: 'give tokenId, streamId and type' }
  const verdict = await operations.redeemToken({ app, ...question, ip: null })
  if (!verdict.valid) return { token: null, reason: verdict.message }
  return { token: { ...restToken(verdict.token, question.token), streamId: question.streamId } }
}

/** Revokes the tokens of a stream and ends the sessions that they opened. */
export async function revokeTokens({ app, operations }: Call, id: string | null | undefined): Promise<Result> {
  const { revoked, sessions } = await operations.revokeTokens({ stream: { app, streamId: readStreamId(id) } })
  return result(revoked.length > 0, `tokens revoked: ${revoked.length}, sessions ended: ${sessions}`)
}

/** The tokens of a stream that are neither spent nor revoked: those that AMS would still have. */
export async function listTokens({ app, operations, params }: Call): Promise<RestToken[]> {
  const { offset, size: limit } = readPage(params.offset, params.size)
  const stream = { app, streamId: readStreamId(params.id) }
  const kept = await operations.listTokens({ ...stream, state: ['active', 'pending', 'expired'], offset, limit })
  return kept.map((token) => restToken(token, token.id))
}
