import type { TokenType } from '../../domain/token.ts'
import type { StreamName } from '../../services/operations.ts'

export interface Place extends StreamName {
  readonly type: TokenType
}

/** See the route `POST /{app}/rest/session`. */
export interface SessionOrder {
  readonly token?: string | null
  readonly whenLive?: boolean
  readonly spend?: boolean
  /** True: wanted in the answer; a string: the one that is held. */
  readonly session?: boolean | string
}

export type SessionAnswer =
  | { readonly ok: true; readonly session: string | null }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly retryAfter: number | null }

/** The server cannot be reached; a code beside those of the server. */
export const UNREACHABLE = 'UNREACHABLE'

const LONGEST_ANSWER = 15_000

/** Never rejects. */
export async function askSession(place: Place, order: SessionOrder): Promise<SessionAnswer> {
  const { app, streamId, type } = place
  const { token, ...rest } = order
  try {
    const response = await fetch(`/${encodeURIComponent(app)}/rest/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ streamId, type, ...(token && { token }), ...rest }),
      credentials: order.session === undefined ? 'same-origin' : 'omit',
      signal: AbortSignal.timeout(LONGEST_ANSWER),
    })
    return await readAnswer(response)
  } catch {
    return { ok: false, code: UNREACHABLE, message: '', retryAfter: null }
  }
}

async function readAnswer(response: Response): Promise<SessionAnswer> {
  const body = (await response.json()) as { session?: string; error?: { code: string; message: string } }
  if (response.ok) return { ok: true, session: body.session ?? null }
  const { code, message } = body.error ?? { code: UNREACHABLE, message: '' }
  return { ok: false, code, message, retryAfter: Number(response.headers.get('retry-after')) || null }
}
