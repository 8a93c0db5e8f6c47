import type { Token } from '../../domain/token.ts'
import { readAudit } from '../audit-file.ts'

/**
 * What the audit beside the store tells of tokens: a journal that was cut off between two lines does not show it.
 * Returns whether a token was used more often than its record says, or revoked.
 */
export async function readWitness(dataDir: string): Promise<(token: Token) => boolean> {
  const revoked = new Set<string>()
  const uses = new Map<string, Set<unknown>>()
  let lines = 0
  for await (const entry of readAudit(dataDir)) {
    lines++
    // A damaged line may be JSON by chance.
    if (typeof entry?.tokenId !== 'string') continue
    const { tokenId, event, sessionId } = entry
    if (event === 'revoke') revoked.add(tokenId)
    if (event !== 'admit' && event !== 'redeem') continue
    const known = uses.get(tokenId) ?? new Set()
    uses.set(tokenId, known.add(sessionId ?? lines))
  }
  return ({ id, used }) => revoked.has(id) || (uses.get(id)?.size ?? 0) > used
}
