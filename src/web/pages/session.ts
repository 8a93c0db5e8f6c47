import type { TokenType } from '../../domain/token.ts'
import type { StreamName } from '../../services/daemon-operations.ts'
import { isFramed } from './address.ts'
import { heldSession, holdSession } from './held-session.ts'

export interface Place extends StreamName {
  readonly type: TokenType
}

/** See the route `POST /{app}/rest/session`. */
export interface SessionOrder {
  readonly token?: string | null
  readonly whenLive?: boolean
  readonly whenFree?: boolean
  readonly codecs?: readonly string[]
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

/** For so long the cookie may be on its way that another tab of this browser has got for the same token. */
const COOKIE_WITHIN = 600

/**
 * Exchanges a token for a session, as two tabs of one browser may do at once. In a frame, which has no cookies, a
 * session from before a reload comes first. Never rejects.
 */
export async function exchangeToken(place: Place, order: SessionOrder): Promise<SessionAnswer> {
  if (order.session === true && isFramed()) return exchangeInFrame(place, order)
  const answer = await askSession(place, order)
  if (answer.ok || answer.code !== 'TOKEN_USED' || order.session !== undefined) return answer
  await new Promise((resolve) => setTimeout(resolve, COOKIE_WITHIN))
  return askSession(place, { ...order, spend: false })
}

async function exchangeInFrame(place: Place, order: SessionOrder): Promise<SessionAnswer> {
  const held = heldSession(place)
  if (held !== null) {
    const answer = await askSession(place, { ...order, token: null, session: held, spend: false })
    if (answer.ok) return { ok: true, session: held }
    if (answer.code !== 'SESSION_INVALID') return answer
  }
  const answer = await askSession(place, order)
  if (answer.ok && answer.session !== null) holdSession(place, answer.session)
  return answer
}

async function readAnswer(response: Response): Promise<SessionAnswer> {
  const body = (await response.json()) as { session?: string; error?: { code: string; message: string } }
  if (response.ok) return { ok: true, session: body.session ?? null }
  const { code, message } = body.error ?? { code: UNREACHABLE, message: '' }
  return { ok: false, code, message, retryAfter: Number(response.headers.get('retry-after')) || null }
}
