import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import send from '@fastify/send'
import type { Milliseconds } from '../../domain/units.ts'
import type { StoredFile } from '../../media/recording/ports.ts'
import type { Visit } from '../../services/access-control.ts'
import { cutOff } from './connections.ts'
import { CORS } from './cors.ts'
import type { Failure } from './error-response.ts'

/** Node's own longest time-out. */
const LONGEST_PATIENCE: Milliseconds = 2 ** 31 - 1

const HEADERS = { ...CORS, 'Content-Type': 'video/mp4', 'Cache-Control': 'private, no-cache' } as const
const FAILURES: Readonly<Record<number, Failure>> = {
  404: { code: 'RECORDING_NOT_FOUND', message: 'no such recording' },
  412: { code: 'PRECONDITION_FAILED', message: 'the recording is not as the request demands it to be' },
  416: { code: 'RANGE_UNSATISFIABLE', message: 'the recording has no bytes in that range' },
}

const GONE = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ECONNRESET',
  'EPIPE',
])

interface Delivery {
  readonly file: StoredFile
  readonly visit: Visit
  /** How long the client may take nothing before it is taken for gone. */
  readonly patience: Milliseconds
}

/** Sends the file, or the range of it that was asked for; it stops the moment the visit does. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { file, visit, patience }: Delivery,
): Promise<Failure | undefined> {
  const result = await read(request, file)
  const cut = () => cutOff(request.socket)
  visit.signal.addEventListener('abort', cut, { once: true })
  try {
    if (visit.signal.aborted) cut()
    // Some versions of Node wait for ever to write to a client that has gone.
    if (response.destroyed) return undefined
    if (result.type !== 'file') return refusalOf(response, result)
    response.setTimeout(Math.min(patience, LONGEST_PATIENCE), cut)
    response.writeHead(result.statusCode, { ...result.headers, ...HEADERS })
    let missing = Number(result.headers['Content-Length'] ?? 0)
    result.stream.on('data', (chunk: Buffer) => {
      missing -= chunk.length
      visit.delivered(chunk.length)
    })
    // Somebody has shortened the file: the next answer must not be taken for the rest of this one.
    result.stream.once('end', () => missing > 0 && cut())
    await pipeline(result.stream, response)
  } catch (error) {
    if (!isFarewell(error)) throw error
  } finally {
    visit.signal.removeEventListener('abort', cut)
    result.stream.destroy()
  }
  return undefined
}

/** What {@link sendFile} would say first. */
export async function sendHead(
  request: IncomingMessage,
  response: ServerResponse,
  file: StoredFile,
): Promise<Failure | undefined> {
  // A range is of GET only (RFC 9110, section 14.2).
  delete request.headers.range
  const result = await read(request, file)
  if (result.type !== 'file') return refusalOf(response, result)
  response.writeHead(result.statusCode, { ...result.headers, ...HEADERS }).end()
  return undefined
}

function read(request: IncomingMessage, { directory, name, bytes }: StoredFile): Promise<send.SendResult> {
  const { range } = request.headers
  if (range !== undefined) request.headers.range = withinSize(range, bytes)
  return send(request, name, {
    root: directory,
    end: bytes - 1,
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
  })
}

/** A suffix longer than the file is all of it (RFC 9110, section 14.1.2); send takes that for unsatisfiable. */
function withinSize(range: string, bytes: number): string {
  const [, suffix] = /^ *bytes= *-(\d+) *$/.exec(range) ?? []
  return Number(suffix) > bytes ? 'bytes=0-' : range
}

function refusalOf(response: ServerResponse, { statusCode, headers }: send.SendResult): Failure {
  const failure = FAILURES[statusCode]
  if (!failure) throw new Error(`a file could not be read: ${statusCode}`)
  const range = headers['Content-Range']
  if (range !== undefined) response.setHeader('Content-Range', range)
  return failure
}

/** Clients leave as they please; players do so at each seek. */
function isFarewell(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code))
}
