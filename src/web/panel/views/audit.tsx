import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { AUDIT_EVENTS, type AuditEvent, type AuditFilter } from '../../../domain/audit.ts'
import { Button, Empty, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { ChoiceField, TextField } from '../parts/fields.tsx'
import { plural } from '../parts/format.ts'
import { useHistory } from '../state/audit.ts'
import { detail, go } from '../state/route.ts'
import { Entries } from './audit-entries.tsx'

const ACCESS: readonly AuditEvent[] = ['admit', 'refuse', 'guess', 'end', 'redeem']
const LOGINS: readonly AuditEvent[] = ['login', 'login-fail', 'logout']

const GROUPS: Readonly<Record<string, readonly AuditEvent[]>> = {
  access: ACCESS,
  refused: ['refuse', 'guess', 'login-fail'],
  changes: AUDIT_EVENTS.filter((event) => !ACCESS.includes(event) && !LOGINS.includes(event)),
  logins: LOGINS,
}

const CHOICES: readonly (readonly [value: string, text: string])[] = [
  ['', 'Everything'],
  ['access', 'Publishing and playing'],
  ['refused', 'Refusals'],
  ['changes', 'Changes'],
  ['logins', 'Logins'],
  ...AUDIT_EVENTS.map((event) => [event, `Only ${event}`] as const),
]

const NO_FILTER = { text: '', streamId: '', show: '' }

/** What happened before this page was opened, and what happens now. */
export function Audit() {
  const filter = useSignal(NO_FILTER)
  const set = (change: Partial<typeof NO_FILTER>) => {
    filter.value = { ...filter.value, ...change }
  }
  useEffect(() => {
    if (detail.value !== '') filter.value = { ...NO_FILTER, text: detail.value }
  }, [detail.value])
  const { entries, isPending, problem, isBusy, isMore, reload, goBack } = useHistory(filterOf(filter.value))
  const isEmpty = entries.length === 0
  return (
    <>
      <ViewHead
        title="Audit"
        lead="Who was let in, refused and why, and every change; live. Secrets are never in it."
      />
      <search class="filters">
        <TextField
          label="Search"
          type="search"
          placeholder="Token id, address, code, name"
          max={256}
          value={filter.value.text}
          onValue={(text) => set({ text })}
        />
        <TextField
          label="Stream"
          placeholder="Exactly this one"
          max={128}
          value={filter.value.streamId}
          onValue={(streamId) => set({ streamId })}
        />
        <ChoiceField label="Show" value={filter.value.show} choices={CHOICES} onValue={(show) => set({ show })} />
        {filter.value !== NO_FILTER && (
          <Button
            kind="quiet"
            icon="close"
            onPress={() => {
              filter.value = NO_FILTER
              go('audit')
            }}
          >
            Clear
          </Button>
        )}
      </search>
      {problem !== null && <Problem text={problem} onRetry={reload} />}
      {isEmpty && isPending && <Loading />}
      {isEmpty && !isPending && problem === null && (
        <Empty icon="audit" title="Nothing fits" text="No entry of the audit fits what you look for." />
      )}
      {!isEmpty && <Entries entries={entries} />}
      {!isEmpty && (
        <nav class="pager" aria-label="More of the audit">
          <span role="status">{`${plural(entries.length, 'entry', 'entries')}${isMore ? '' : ': all that fit'}`}</span>
          {isMore && (
            <Button busy={isBusy} onPress={() => void goBack()}>
              Show older
            </Button>
          )}
        </nav>
      )}
    </>
  )
}

function filterOf({ text, streamId, show }: typeof NO_FILTER): AuditFilter {
  const event = AUDIT_EVENTS.find((known) => known === show)
  const events = event ? [event] : GROUPS[show]
  return {
    ...(text.trim() && { text: text.trim() }),
    ...(streamId.trim() && { streamId: streamId.trim() }),
    ...(events && { events }),
  }
}
