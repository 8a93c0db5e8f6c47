import type { TokenView } from '../domain/token.ts'
import type { StoreOperations, TokenFilter } from '../services/operations.ts'

/** More than a terminal's table holds, and little enough that a daemon is not held up by one answer. */
const PAGE = 2001
/** What some 100 MB hold. Each page is a look through the whole store: a process that holds up nobody takes few of them. */
export const LARGE_PAGE = 25_000

/**
 * The tokens that fit `filter`, a page at a time: there may be more of them than memory should hold.
 * @param page tokens in one answer
 */
export async function* tokenPages(
  store: StoreOperations,
  filter: TokenFilter,
  page = PAGE,
): AsyncGenerator<readonly TokenView[]> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY
  for (let after = filter.after; left > 0; ) {
    const limit = Math.min(left, page)
    const tokens: readonly TokenView[] = await store.listTokens({ ...filter, limit, ...(after && { after }) })
    if (tokens.length > 0 || !after) yield tokens
    left -= tokens.length
    after = tokens.at(-1)
    if (tokens.length < limit) return
  }
}
