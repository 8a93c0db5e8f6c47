import type { Session } from '../../domain/session.ts'
import { KEPT_USES, type Token, type TokenUse } from '../../domain/token.ts'
import type { Seconds, UnixSeconds } from '../../domain/units.ts'
import type { StoredSession } from '../../services/nodes.ts'

type Facts = Omit<Token, 'hash' | 'used' | 'revokedAt' | 'firstUse' | 'lastUses'>

/** A token as fields of a Redis hash, each followed by its value; see `scripts.ts`. */
export function encodeToken({ hash: _key, used, revokedAt, firstUse, lastUses, ...facts }: Token): (string | number)[] {
  const { uses, expireDate, createdAt } = facts
  const fields: (string | number)[] = [
    ...['d', JSON.stringify(facts), 'uses', uses ?? '', 'used', used, 'expireDate', expireDate ?? ''],
    // One that was minted expired is kept as long from then on.
    ...['keep', expireDate === null ? '' : Math.max(expireDate, createdAt)],
  ]
  if (revokedAt !== null) fields.push('revokedAt', revokedAt)
  if (firstUse !== null) fields.push('first', JSON.stringify(firstUse))
  const before = used - lastUses.length
  for (const [index, use] of lastUses.entries()) fields.push(`u${before + index + 1}`, JSON.stringify(use))
  return fields
}

/** Reads the answer of HGETALL; undefined: there is no such token. */
export function decodeToken(hash: string, flat: readonly string[]): Token | undefined {
  if (flat.length === 0) return undefined
  const fields = new Map<string, string>()
  for (let index = 0; index < flat.length; index += 2) fields.set(flat[index] ?? '', flat[index + 1] ?? '')
  const used = Number(fields.get('used'))
  const first = fields.get('first')
  const revokedAt = fields.get('revokedAt')
  const numbers = Array.from({ length: KEPT_USES }, (_, index) => used - KEPT_USES + index + 1)
  return {
    hash,
    ...(JSON.parse(fields.get('d') ?? '{}') as Facts),
    used,
    revokedAt: revokedAt === undefined ? null : Number(revokedAt),
    firstUse: first === undefined ? null : (JSON.parse(first) as TokenUse),
    lastUses: numbers.flatMap((number) => {
      const use = fields.get(`u${number}`)
      return use === undefined ? [] : [JSON.parse(use) as TokenUse]
    }),
  }
}

/** Whose it is, a line feed, and what it is. */
export function encodeSession({ node, session }: StoredSession): string {
  return `${node}\n${JSON.stringify(session)}`
}

export function decodeSession(text: string): StoredSession {
  const end = text.indexOf('\n')
  return { node: text.slice(0, end), session: JSON.parse(text.slice(end + 1)) as Session }
}

/** When a token that ended at `ended` may go; null: not before it has ended. */
export function goneAt(token: Token, ended: UnixSeconds | null, retention: Seconds): UnixSeconds | null {
  if (token.expireDate === null) return ended === null ? null : ended + retention
  return Math.max(token.expireDate, token.createdAt, ended ?? 0) + retention
}
