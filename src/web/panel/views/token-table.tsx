import { useSignal } from '@preact/signals'
import { formatDuration } from '../../../domain/duration.ts'
import type { TokenState } from '../../../domain/token.ts'
import { Badge, Button, type Tone } from '../parts/basics.tsx'
import { confirmed } from '../parts/dialog.tsx'
import { plural } from '../parts/format.ts'
import { Cell, Table } from '../parts/table.tsx'
import { Ago, Until } from '../parts/time.tsx'
import { TokenLink } from '../parts/token-link.tsx'
import { call, type TokenView } from '../state/api.ts'
import { isAdmin } from '../state/session.ts'
import { doing } from '../state/toasts.ts'

const TONES: Readonly<Record<TokenState, Tone>> = {
  active: 'good',
  pending: 'info',
  used: 'dim',
  expired: 'dim',
  revoked: 'bad',
}

export function TokenTable({ tokens }: { readonly tokens: readonly TokenView[] }) {
  const picked = useSignal<ReadonlySet<string>>(new Set())
  const isRevocable = (token: TokenView) => token.state !== 'revoked'
  const chosen = tokens.filter((token) => picked.value.has(token.id) && isRevocable(token))
  const pick = (ids: readonly string[], on: boolean) => {
    const next = new Set(picked.value)
    for (const id of ids) on ? next.add(id) : next.delete(id)
    picked.value = next
  }
  const all = tokens.filter(isRevocable).map(({ id }) => id)
  const every = (
    <input
      type="checkbox"
      aria-label="Select all tokens of this page"
      checked={all.length > 0 && chosen.length === all.length}
      disabled={all.length === 0}
      onChange={(event) => pick(all, event.currentTarget.checked)}
    />
  )
  const columns = ['Stream', 'State', 'Uses left', 'Expires', 'Note', 'Minted']
  return (
    <>
      {isAdmin.value && chosen.length > 0 && <Chosen tokens={chosen} onDone={() => pick(all, false)} />}
      <Table caption="Tokens, newest first" columns={isAdmin.value ? [every, ...columns, 'Actions'] : columns}>
        {tokens.map((token) => (
          <Row
            key={token.id}
            token={token}
            picked={picked.value.has(token.id)}
            revocable={isRevocable(token)}
            onPick={(on) => pick([token.id], on)}
          />
        ))}
      </Table>
    </>
  )
}

function Chosen({ tokens, onDone }: { readonly tokens: readonly TokenView[]; onDone(): void }) {
  return (
    <div class="bulk" role="status">
      <span>{plural(tokens.length, 'token')} selected</span>
      <Button kind="danger" icon="trash" onPress={() => void revoke(tokens).then((done) => done && onDone())}>
        {`Revoke ${tokens.length}`}
      </Button>
    </div>
  )
}

interface RowProps {
  readonly token: TokenView
  readonly picked: boolean
  readonly revocable: boolean
  onPick(on: boolean): void
}

function Row({ token, picked, revocable, onPick }: RowProps) {
  return (
    <tr>
      {isAdmin.value && (
        <td class="cell-pick">
          {revocable && (
            <input
              type="checkbox"
              aria-label={`Select ${token.id}`}
              checked={picked}
              onChange={(event) => onPick(event.currentTarget.checked)}
            />
          )}
        </td>
      )}
      <Cell name="Stream" kind="head">
        <span class="strong">{token.streamId}</span>
        <span class="sub">
          <span class="nowrap">
            {token.type} · {token.app}
          </span>{' '}
          <TokenLink id={token.id} />
        </span>
      </Cell>
      <Cell name="State">
        <Badge tone={TONES[token.state]}>{token.state}</Badge>
        {token.lastUsed !== null && (
          <span class="sub nowrap">
            used <Ago at={token.lastUsed} />
          </span>
        )}
      </Cell>
      <Cell name="Uses left" kind="number">
        {token.uses === null ? 'unlimited' : `${token.usesLeft} of ${token.uses}`}
      </Cell>
      <Cell name="Expires" kind="time">
        <Expiry token={token} />
      </Cell>
      <Cell name="Note">
        <span class="note">{token.note ?? '–'}</span>
        {token.ip !== null && <span class="sub">only from {token.ip}</span>}
      </Cell>
      <Cell name="Minted" kind="time">
        <Ago at={token.createdAt} />
      </Cell>
      {isAdmin.value && (
        <Cell name="Actions" kind="actions">
          {revocable && (
            <Button kind="quiet" label={`Revoke ${token.id}`} onPress={() => void revoke([token])}>
              Revoke
            </Button>
          )}
        </Cell>
      )}
    </tr>
  )
}

function Expiry({ token: { expireDate, notBefore, maxSession, state } }: { readonly token: TokenView }) {
  return (
    <>
      {expireDate === null ? 'never' : <Until at={expireDate} />}
      {state === 'pending' && notBefore !== null && (
        <span class="sub nowrap">
          opens <Until at={notBefore} />
        </span>
      )}
      {maxSession !== null && <span class="sub nowrap">sessions of {formatDuration(maxSession)}</span>}
    </>
  )
}

async function revoke(tokens: readonly TokenView[]): Promise<boolean> {
  const [first] = tokens
  const yes = await confirmed({
    title: tokens.length === 1 && first ? `Revoke ${first.id}?` : `Revoke ${tokens.length} tokens?`,
    text: 'It cannot be undone. Whoever publishes or plays with them is cut off at once.',
    action: tokens.length === 1 ? 'Revoke the token' : `Revoke ${tokens.length} tokens`,
  })
  if (!yes) return false
  const refs = tokens.map(({ id }) => id)
  const report = await doing(call('revokeTokens', { refs }), ({ revoked, sessions }) => {
    return `${plural(revoked.length, 'token')} revoked, ${plural(sessions, 'session')} ended.`
  })
  return report !== undefined
}
