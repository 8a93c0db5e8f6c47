import { useSignal } from '@preact/signals'
import { Badge, Button, Empty, Loading, ViewHead } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormProblem, TextField, Tick } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { bytes } from '../parts/format.ts'
import { Cell, Table } from '../parts/table.tsx'
import { Ago } from '../parts/time.tsx'
import { TokenLink } from '../parts/token-link.tsx'
import { call, type SessionView } from '../state/api.ts'
import { go } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { sessions, status } from '../state/streams.ts'
import { say } from '../state/toasts.ts'

/** So many are seen at a glance. */
const FEW = 10
/** Of so many, each second, a browser can show the figures. */
const PAGE = 100

const COLUMNS = ['Stream', 'Client', 'Token', 'Since', 'Bytes']

export function Sessions() {
  const now = sessions.value
  const all = status.value?.sessions ?? 0
  const kicked = useSignal<SessionView | null>(null)
  const text = useSignal('')
  const most = useSignal(PAGE)
  const wanted = text.value.trim().toLowerCase()
  const fitting = now?.filter((session) => mentions(session, wanted)) ?? []
  const shown = [...fitting].reverse().slice(0, most.value)
  const close = () => {
    kicked.value = null
  }
  return (
    <>
      <ViewHead title="Sessions" lead="Everybody who publishes or plays at this moment." />
      {now === null && <Loading />}
      {now?.length === 0 && (
        <Empty
          icon="sessions"
          title="Nobody is here"
          text="Publishers and viewers appear the moment that they are let in. Mint a token for one, and press Play at its link."
          command="amsctl token create --stream cam1 --type play --link"
        >
          {isAdmin.value && (
            <Button kind="primary" icon="plus" onPress={() => go('tokens', 'play')}>
              Mint a play token
            </Button>
          )}
        </Empty>
      )}
      {now !== null && (now.length > FEW || wanted !== '') && (
        <search class="filters">
          <TextField
            label="Search"
            type="search"
            placeholder="Stream, address, token id, player"
            value={text.value}
            onValue={(value) => {
              text.value = value
            }}
          />
        </search>
      )}
      {now !== null && now.length > 0 && fitting.length === 0 && (
        <Empty icon="search" title="Nobody fits" text="No open session fits what you look for." />
      )}
      {fitting.length > 0 && (
        <Table caption="Open sessions, newest first" columns={isAdmin.value ? [...COLUMNS, 'Actions'] : COLUMNS}>
          {shown.map((session) => (
            <Row
              key={session.id}
              session={session}
              onKick={() => {
                kicked.value = session
              }}
            />
          ))}
        </Table>
      )}
      {fitting.length > shown.length && (
        <nav class="pager" aria-label="More sessions">
          <span role="status">
            {shown.length} of {fitting.length}
          </span>
          <Button
            onPress={() => {
              most.value += PAGE
            }}
          >
            Show older
          </Button>
        </nav>
      )}
      {now !== null && all > now.length && (
        <p class="pager">
          The newest {now.length} of {all} sessions; amsctl session list has the others.
        </p>
      )}
      {kicked.value && <Kick session={kicked.value} onClose={close} />}
    </>
  )
}

function mentions(session: SessionView, wanted: string): boolean {
  const { streamId, app, address, userAgent, tokenId, protocol, type } = session
  return [streamId, app, address, userAgent, tokenId, protocol, type].some((fact) =>
    (fact ?? '').toLowerCase().includes(wanted),
  )
}

function Row({ session, onKick }: { readonly session: SessionView; onKick(): void }) {
  return (
    <tr>
      <Cell name="Stream" kind="head">
        <span class="strong">{session.streamId}</span>
        <span class="sub">
          <Badge tone={session.type === 'publish' ? 'info' : 'dim'}>{session.type}</Badge> {session.app} ·{' '}
          {session.protocol}
        </span>
      </Cell>
      <Cell name="Client">
        <span class="mono">{session.address}</span>
        <span class="sub note agent" title={session.userAgent ?? ''}>
          {session.userAgent ?? ''}
        </span>
      </Cell>
      <Cell name="Token">
        {session.open ? <Badge tone="warn">without</Badge> : session.tokenId && <TokenLink id={session.tokenId} />}
      </Cell>
      <Cell name="Since" kind="time">
        <Ago at={session.since} />
      </Cell>
      <Cell name="Bytes" kind="number">
        {bytes(session.bytes)}
      </Cell>
      {isAdmin.value && (
        <Cell name="Actions" kind="actions">
          <Button kind="quiet" label={`Kick ${session.id} from ${session.streamId}`} onPress={onKick}>
            Kick
          </Button>
        </Cell>
      )}
    </tr>
  )
}

function Kick({ session, onClose }: { readonly session: SessionView; onClose(): void }) {
  const revoke = useSignal(session.tokenId !== null)
  const form = useForm(async () => {
    const { usesLeft, revoked } = await call('kickSession', { id: session.id, revoke: revoke.value })
    const rest = revoked ? ' and its token revoked' : usesLeft === 0 ? '' : '; it may come back'
    say(`${session.type === 'publish' ? 'The publisher' : 'The viewer'} is kicked${rest}.`)
    onClose()
  })
  return (
    <Dialog title={`Kick from ${session.streamId}?`} onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <p class="dialog-text">
          Ends the session of {session.address} at once. A client whose token has uses left may come back.
        </p>
        {session.tokenId !== null && (
          <Tick
            label={`Revoke its token ${session.tokenId} too`}
            checked={revoke.value}
            onValue={(value) => {
              revoke.value = value
            }}
          />
        )}
        <FormProblem text={form.problem} />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" submit busy={form.busy}>
            {revoke.value ? 'Kick and revoke' : 'Kick'}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
