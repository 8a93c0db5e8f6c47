import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { TOKEN_TYPES, type TokenType } from '../../../domain/token.ts'
import { Button, Empty, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { call, type MintedToken, type TokenView } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { detail, go } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { CheckDialog } from './check-dialog.tsx'
import { MintDialog } from './mint-dialog.tsx'
import { MintedDialog } from './minted-dialog.tsx'
import { type Filter, FilterBar, filterOf, NO_FILTER } from './token-filter.tsx'
import { TokenTable } from './token-table.tsx'

const PAGE = 50

export function Tokens() {
  const filter = useSignal<Filter>(NO_FILTER)
  const page = useSignal(0)
  const order = { ...filterOf(filter.value), sort: 'newest', limit: PAGE + 1, offset: page.value * PAGE } as const
  const list = useFetched(() => call('listTokens', order), changes.tokens, JSON.stringify(order))
  const isFiltered = filter.value !== NO_FILTER
  const isEmpty = list.value?.length === 0 && page.value === 0 && !isFiltered
  return (
    <>
      <ViewHead title="Tokens" lead="Each opens one stream, as often as it says: once, as a rule.">
        <Dialogs />
      </ViewHead>
      {!isEmpty && (
        <FilterBar
          filter={filter.value}
          onFilter={(next) => {
            page.value = 0
            filter.value = next
          }}
        />
      )}
      {list.problem !== null && <Problem text={list.problem} onRetry={list.reload} />}
      {list.value === null && list.problem === null && <Loading />}
      {isEmpty && <NoTokens />}
      {list.value && !isEmpty && (
        <Page
          tokens={list.value}
          page={page.value}
          onPage={(next) => {
            page.value = next
          }}
        />
      )}
    </>
  )
}

/** Everything in the view's head, and what it opens. */
function Dialogs() {
  const opened = useSignal<TokenType | 'check' | null>(null)
  const minted = useSignal<readonly MintedToken[]>([])
  const close = () => {
    opened.value = null
  }
  useEffect(() => {
    const type = TOKEN_TYPES.find((known) => known === detail.value)
    if (!type) return
    if (isAdmin.value) opened.value = type
    go('tokens')
  }, [detail.value])
  const show = (tokens: readonly MintedToken[]) => {
    close()
    minted.value = tokens
  }
  return (
    <>
      <Button
        icon="search"
        onPress={() => {
          opened.value = 'check'
        }}
      >
        Check a token
      </Button>
      {isAdmin.value && (
        <Button
          kind="primary"
          icon="plus"
          onPress={() => {
            opened.value = 'play'
          }}
        >
          Mint tokens
        </Button>
      )}
      {opened.value === 'check' && <CheckDialog onClose={close} />}
      {opened.value !== null && opened.value !== 'check' && (
        <MintDialog type={opened.value} onMinted={show} onClose={close} />
      )}
      {minted.value.length > 0 && <MintedDialog tokens={minted.value} onClose={() => show([])} />}
    </>
  )
}

interface PageProps {
  readonly tokens: readonly TokenView[]
  readonly page: number
  onPage(page: number): void
}

function Page({ tokens, page, onPage }: PageProps) {
  const shown = tokens.slice(0, PAGE)
  const from = page * PAGE
  if (shown.length === 0) {
    return page > 0 ? (
      <Empty icon="tokens" title="Nothing on this page" text="There were more tokens a moment ago.">
        <Button onPress={() => onPage(0)}>To the first page</Button>
      </Empty>
    ) : (
      <Empty icon="search" title="No token fits" text="Nothing that is stored fits what you look for." />
    )
  }
  return (
    <>
      <TokenTable tokens={shown} />
      <nav class="pager" aria-label="Pages of tokens">
        <Button disabled={page === 0} onPress={() => onPage(page - 1)}>
          Newer
        </Button>
        <span role="status">
          {from + 1}–{from + shown.length}
        </span>
        <Button disabled={tokens.length <= PAGE} onPress={() => onPage(page + 1)}>
          Older
        </Button>
      </nav>
    </>
  )
}

function NoTokens() {
  return (
    <Empty
      icon="tokens"
      title="No tokens yet"
      text="Mint one for who publishes and one for each viewer. Whoever is sent a link uses it up by opening it, so it cannot be passed on."
      command="amsctl token create --stream cam1 --type play --count 10 --urls"
    >
      {isAdmin.value && (
        <Button kind="primary" icon="plus" onPress={() => go('tokens', 'play')}>
          Mint the first token
        </Button>
      )}
    </Empty>
  )
}
