import { AmsctlError } from '../domain/errors.ts'
import { type SecretHash, tokenIdOf } from '../domain/secret.ts'
import type { Token } from '../domain/token.ts'
import type { TokenStore } from './ports.ts'
import { readStoredToken } from './stored-token.ts'
import { byHash, First } from './token-selection.ts'

export interface ExportOrder {
  readonly after?: SecretHash
  readonly limit: number
}

/** Tokens as they are stored, in the order of their hashes: those behind `after`. */
export async function exportTokens(store: TokenStore, { after, limit }: ExportOrder): Promise<readonly Token[]> {
  const first = new First(byHash, limit)
  const hint = { ...(after !== undefined && { hashAfter: after }), hashUpTo: () => first.last?.hash }
  for await (const token of store.all(hint)) {
    if (after === undefined || token.hash > after) first.offer(token)
  }
  return first.sorted()
}

export interface ImportOrder {
  readonly tokens: readonly unknown[]
  /** Passes over tokens that are stored already, which stay as they are. */
  readonly skipStored?: boolean
}

/**
 * Adds them all or none, and returns those that it added. BAD_VALUE for one that cannot be read, comes twice or, without
 * `skipStored`, is stored already: whatever an import says, no token is good again that was spent or revoked here.
 */
export async function importTokens(store: TokenStore, order: ImportOrder): Promise<readonly Token[]> {
  const tokens: Token[] = []
  const seen = new Set<string>()
  for (const token of order.tokens.map(readStoredToken)) {
    const { id, hash } = token
    if (seen.has(hash) || seen.has(id)) throw new AmsctlError('BAD_VALUE', `token ${id} comes twice`)
    seen.add(hash).add(id)
    if (!(await store.findByHash(hash))) tokens.push(token)
    else if (!order.skipStored) throw storedAlready(id)
  }
  // An id that was made of the hash is taken only where the hash is.
  const foreign = new Set(tokens.filter(({ id, hash }) => id !== tokenIdOf(hash)).map(({ id }) => id))
  if (foreign.size > 0) for await (const { id } of store.all()) if (foreign.has(id)) throw storedAlready(id)
  if (tokens.length > 0) await store.add(tokens)
  return tokens
}

function storedAlready(id: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', `token ${id} is stored already`)
}
