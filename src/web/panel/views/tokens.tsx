import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { TOKEN_TYPES, type TokenType } from '../../../domain/token.ts'
import type { Milliseconds } from '../../../domain/units.ts'
import type { StreamName } from '../../../services/daemon-operations.ts'
import { Button, Empty, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { call, type TokenView } from '../state/api.ts'
import { useAgain, useFetched } from '../state/fetched.ts'
import { arrive, detail, detailStream, go } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { CheckDialog } from './check-dialog.tsx'
import { ControlOff } from './control-off.tsx'
import { MintDialog } from './mint-dialog.tsx'
import { type Filter, FilterBar, filterOf, NO_FILTER } from './token-filter.tsx'
import { TokenTable } from './token-table.tsx'

const PAGE = 50
/** The clock of the server may be behind. */
const SOONEST: Milliseconds = 3000

export function Tokens() {
  const filter = useSignal<Filter>(NO_FILTER)
  const page = useSignal(0)
  const order = { ...filterOf(filter.value), sort: 'newest', limit: PAGE + 1, offset: page.value * PAGE } as const
  const list = useFetched(() => call('listTokens', order), changes.tokens, JSON.stringify(order))
  useAgain(list, turnOf)
  const isFiltered = filter.value !== NO_FILTER
  const isEmpty = list.value?.length === 0 && page.value === 0 && !isFiltered
  return (
    <>
      <ViewHead
        title="Tokens"
        lead="Each opens a stream as often as it says: once, as a rule. Its secret is shown when it is minted; afterwards it is known by its id alone."
      >
        <Dialogs />
      </ViewHead>
      <ControlOff />
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

/** Until the first of `tokens` begins or expires; null: none does. */
function turnOf(tokens: readonly TokenView[]): Milliseconds | null {
  const turns = tokens.map(({ state, notBefore, expireDate }) => {
    const turn = state === 'pending' ? notBefore : state === 'active' ? expireDate : null
    return turn ?? Number.POSITIVE_INFINITY
  })
  const first = Math.min(...turns)
  return first === Number.POSITIVE_INFINITY ? null : Math.max(SOONEST, first * 1000 - Date.now())
}

/** Everything in the view's head, and what it opens. */
function Dialogs() {
  const opened = useSignal<TokenType | 'check' | null>(null)
  const stream = useSignal<StreamName | null>(null)
  const close = () => {
    opened.value = null
    stream.value = null
  }
  useEffect(() => {
    const type = TOKEN_TYPES.find((known) => known === detail.value)
    if (!type) return
    if (isAdmin.value) {
      opened.value = type
      stream.value = detailStream.value
    }
    arrive('tokens')
  }, [detail.value])
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
        <MintDialog type={opened.value} stream={stream.value} onClose={close} />
      )}
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
      text="Mint one for who publishes and one for each viewer. Whoever presses Play at a link uses it up, so it cannot be passed on."
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
