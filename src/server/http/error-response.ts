import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from '../../domain/access.ts'
import { AmsctlError, asAmsctlError, ERRORS, type ErrorCode } from '../../domain/errors.ts'
import type { Milliseconds, Seconds } from '../../domain/units.ts'

/** How long a refused client may take to go away by itself. */
const LINGER: Milliseconds = 1500

/** What a client is told instead of what it asked for. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: Seconds
}

export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly exit: number }
}

/** The failure that `thrown` is for a client: of an unforeseen one it learns nothing but that. */
export function failureOf(thrown: unknown): Failure {
  const { code, message } = asAmsctlError(thrown)
  return code === 'INTERNAL' ? { code, message: 'internal error' } : { code, message }
}

/** What the log tells of an error that nobody foresaw. */
export function describeBug(error: unknown): { readonly error: string } {
  return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

export function refusalToFailure({ code, message, retryAfter }: Refusal): Failure {
  // The one who opens the token at this moment is done within the second, or gives it back.
  const wait = retryAfter ?? (code === 'TOKEN_RESERVED' ? 1 : undefined)
  return { code, message, ...(wait !== undefined && { retryAfter: wait }) }
}

export function statusOf({ code }: Failure): number {
  return ERRORS[code].http
}

export function errorBody({ code, message }: Failure): ErrorBody {
  return { error: { code, message, exit: new AmsctlError(code, message).exit } }
}

export function errorHeaders({ retryAfter }: Failure): Record<string, string> {
  return { 'Cache-Control': 'no-store', ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }) }
}

/** Answers with `failure` over HTTP. */
export function sendFailure(response: ServerResponse, failure: Failure, headers: Record<string, string>): void {
  const body = JSON.stringify(errorBody(failure))
  response.writeHead(statusOf(failure), {
    ...errorHeaders(failure),
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Answers with `failure` on a socket that no HTTP layer holds any more, and closes it. */
export function endWithFailure(socket: Socket, failure: Failure, headers: Record<string, string> = {}): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const status = statusOf(failure)
  const body = JSON.stringify(errorBody(failure))
  const lines = Object.entries({
    ...errorHeaders(failure),
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  destroyAfter(socket, LINGER)
}

/** Whatever the other end does, `socket` is ended by `end` after `span`. */
export function destroyAfter(socket: Socket, span: Milliseconds, end = destroy): void {
  const timer = setTimeout(() => end(socket), span)
  socket.once('close', () => clearTimeout(timer))
}

function destroy(socket: Socket): void {
  socket.destroy()
}
