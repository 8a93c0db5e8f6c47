import { AmsctlError } from '../../domain/errors.ts'
import { isStreamId, parseStreamId } from '../../domain/stream-id.ts'
import { TOKEN_TYPES, type TokenType } from '../../domain/token.ts'
import type { UnixSeconds } from '../../domain/units.ts'
import { readJsonObject } from '../json-object.ts'

/** AMS's texts, which callers match on. */
const INCOMPLETE = 'Define Stream ID, Token Type and Expire Date (unix time)'
const WRONG_TYPE = "Invalid token type. Supported types are 'play' and 'publish'"

export const LONGEST_LIST = 250

export interface MintInput {
  readonly streamId: string
  readonly type: TokenType
  readonly expireDate: UnixSeconds
}

/** Reads what a token is asked for; BAD_VALUE with AMS's words. A past `expireDate` is accepted, as AMS does. */
export function readMint(id: string | null, query: URLSearchParams): MintInput {
  const type = query.get('type')
  const expireDate = readExpireDate(query.get('expireDate'))
  if (!id || !type || expireDate === null) throw new AmsctlError('BAD_VALUE', INCOMPLETE)
  return { streamId: parseStreamId(id), type: readType(type), expireDate }
}

export function readStreamId(id: string | null | undefined): string {
  return parseStreamId(id ?? '')
}

export interface Page {
  readonly offset: number
  readonly size: number
}

/** Reads a page of a list: at most {@link LONGEST_LIST} long, a negative offset being 0. */
export function readPage(offset: string | undefined, size: string | undefined): Page {
  return { offset: Math.max(0, readInteger('offset', offset)), size: clamp(readInteger('size', size)) }
}

/** The token that a body asks about; null where it cannot be one, which is an answer and no error. BAD_REQUEST. */
export function readQuestion(body: string): { token: string; streamId: string; type: TokenType } | null {
  const { tokenId, streamId, type } = readJsonObject(body)
  if (typeof tokenId !== 'string' || tokenId === '') return null
  if (typeof streamId !== 'string' || !isStreamId(streamId)) return null
  const known = TOKEN_TYPES.find((candidate) => candidate === type)
  return known === undefined ? null : { token: tokenId, streamId, type: known }
}

function readExpireDate(text: string | null): UnixSeconds | null {
  if (text === null || !/^\d+$/.test(text) || Number(text) === 0) return null
  if (text.length >= 13) {
    throw new AmsctlError('BAD_VALUE', `expireDate ${text.slice(0, 20)} is in milliseconds; it is counted in seconds`)
  }
  return Number(text)
}

function readType(text: string): TokenType {
  const type = TOKEN_TYPES.find((known) => known === text)
  if (type === undefined) throw new AmsctlError('BAD_VALUE', WRONG_TYPE)
  return type
}

function readInteger(name: string, text: string | undefined): number {
  if (text === undefined || !/^-?\d{1,9}$/.test(text)) {
    throw new AmsctlError('BAD_VALUE', `${name} must be a whole number`)
  }
  return Number(text)
}

function clamp(size: number): number {
  return Math.min(LONGEST_LIST, Math.max(0, size))
}
