import type { RecordingView } from '../../../domain/recording.ts'
import type { SessionView } from '../../../domain/session.ts'
import type { SettingView } from '../../../domain/settings.ts'
import type { TokenView } from '../../../domain/token.ts'
import type { DaemonOperations } from '../../../services/daemon-operations.ts'
import type { UserView } from '../../../services/operations.ts'

/** The shape of `GET /panel/api/session`. */
export interface PanelSession {
  readonly user: { readonly id: string; readonly name: string; readonly role: 'admin' | 'viewer' } | null
  readonly csrf: string | null
  readonly firstRun: boolean
  readonly setupAllowed: boolean
  readonly version: string
}

/** A token fresh from the mint, the only time that its secret is known. */
export interface MintedToken extends TokenView {
  readonly urls: Readonly<Record<string, string>>
  readonly link: string | null
}

/** What the panel asks of the daemon; a reference goes in an object. */
interface Calls extends Omit<DaemonOperations, 'createTokens' | 'showToken' | 'revokeApiKey' | 'inspectTokens'> {
  createTokens(order: Parameters<DaemonOperations['createTokens']>[0]): Promise<MintedToken[]>
  showToken(order: { readonly ref: string }): Promise<TokenView>
  revokeApiKey(order: { readonly id: string }): Promise<unknown>
  preview(stream: { readonly app: string; readonly streamId: string }): Promise<{ readonly token: string | null }>
}

export type { RecordingView, SessionView, SettingView, TokenView, UserView }

/** An answer that is a refusal; `status` 0: there was none. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.code = code
    this.status = status
  }
}

const API = '/panel/api'
const UNREACHABLE = 'The server cannot be reached.'

let csrf: string | null = null
let onLoggedOut: () => void = () => {}

export function keepCsrf(value: string | null): void {
  csrf = value
}

/** `listener` hears when the login turns out to be over. */
export function whenLoggedOut(listener: () => void): void {
  onLoggedOut = listener
}

/** Calls an operation in the name of who is logged in; ApiError. */
export function call<N extends keyof Calls>(
  operation: N,
  ...[order]: Parameters<Calls[N]>
): Promise<Awaited<ReturnType<Calls[N]>>> {
  return post(`/call/${operation}`, order ?? {})
}

export async function readSession(setup: string | null): Promise<PanelSession> {
  return answerOf(await reach('/session', { headers: setup === null ? {} : { 'X-Setup-Token': setup } }))
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/json', ...(csrf !== null && { 'X-CSRF-Token': csrf }) }
  return answerOf(await reach(path, { method: 'POST', headers, body: JSON.stringify(body) }))
}

/** Where a recording is played from or, with `keep`, saved from. */
export function recordingUrl({ app, file }: Pick<RecordingView, 'app' | 'file'>, keep: boolean): string {
  return `${API}/download/${encodeURIComponent(app)}/${encodeURIComponent(file)}${keep ? '?download=1' : ''}`
}

export const EVENTS_URL = `${API}/events`

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(API + path, { credentials: 'same-origin', cache: 'no-store', ...init })
  } catch {
    throw new ApiError('UNREACHABLE', UNREACHABLE, 0)
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const body = await response.json().catch(() => null)
  if (response.ok) return body as T
  const { code = 'ERROR', message = `The server answered ${response.status}.` } = body?.error ?? {}
  if (code === 'LOGIN_MISSING') onLoggedOut()
  throw new ApiError(code, sentence(message), response.status)
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What a person is told of `error`. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}
