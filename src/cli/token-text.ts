import { roughDuration } from '../domain/duration.ts'
import type { TokenUseView, TokenView } from '../domain/token.ts'
import { toRfc3339, type UnixSeconds } from '../domain/units.ts'
import type { Column } from './table.ts'

/** How `token list` shows tokens at `now`. */
export function tokenColumns(now: UnixSeconds): readonly Column<TokenView>[] {
  return [
    { title: 'id', raw: ({ id }) => id },
    { title: 'app', raw: ({ app }) => app },
    { title: 'stream', raw: ({ streamId }) => streamId },
    { title: 'type', raw: ({ type }) => type },
    { title: 'state', raw: ({ state }) => state },
    { title: 'expires', raw: ({ expireDate }) => expireDate ?? 'never', shown: (token) => timeLeft(token, now) },
    { title: 'uses left', raw: ({ usesLeft }) => usesLeft ?? 'unlimited', shown: usesLeftOf },
    { title: 'note', raw: ({ note }) => note },
  ]
}

/** Everything `token show` tells, by name. */
export function tokenFields(token: TokenView): readonly (readonly [string, string | null])[] {
  return [
    ['id', token.id],
    ['app', token.app],
    ['stream', token.streamId],
    ['type', token.type],
    ['state', token.state],
    ['expires', token.expireDate === null ? 'never' : toRfc3339(token.expireDate)],
    ['not before', token.notBefore === null ? null : toRfc3339(token.notBefore)],
    ['uses left', usesLeftOf(token)],
    ['address', token.ip],
    ['max session', token.maxSession === null ? null : roughDuration(token.maxSession)],
    ['note', token.note],
    ['created', token.createdAt],
    ['revoked', token.revokedAt],
    ['first use', describeUse(token.firstUse)],
    ['last use', describeUse(token.lastUse)],
  ]
}

function usesLeftOf({ uses, usesLeft }: TokenView): string {
  return uses === null ? 'unlimited' : `${usesLeft} of ${uses}`
}

function timeLeft({ expireDate }: TokenView, now: UnixSeconds): string {
  if (expireDate === null) return 'never'
  return expireDate > now ? `in ${roughDuration(expireDate - now)}` : `${roughDuration(now - expireDate)} ago`
}

function describeUse(use: TokenUseView | null): string | null {
  if (use === null) return null
  const from = use.address === null ? '' : ` from ${use.address}`
  return `${use.at} ${use.streamId} over ${use.protocol}${from}`
}
