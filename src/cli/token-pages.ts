import type { TokenView } from '../domain/token.ts'
import type { StoreOperations, TokenFilter } from '../services/operations.ts'

/** More than a terminal's table holds, and little enough that a daemon is not held up by one answer. */
const PAGE = 2001

/** The tokens that fit `filter`, a page at a time: there may be more of them than memory should hold. */
export async function* tokenPages(store: StoreOperations, filter: TokenFilter): AsyncGenerator<readonly TokenView[]> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY
  for (let after = filter.after; left > 0; ) {
    const limit = Math.min(left, PAGE)
    const page: readonly TokenView[] = await store.listTokens({ ...filter, limit, ...(after && { after }) })
    if (page.length > 0 || !after) yield page
    left -= page.length
    after = page.at(-1)
    if (page.length < limit) return
  }
}
