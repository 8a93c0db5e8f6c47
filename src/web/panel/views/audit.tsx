import { useSignal } from '@preact/signals'
import type { AuditEntry } from '../../../services/operations.ts'
import { Badge, Button, Empty, Loading, Problem, type Tone, ViewHead } from '../parts/basics.tsx'
import { ChoiceField, TextField } from '../parts/fields.tsx'
import { moment, timeOfDay } from '../parts/format.ts'
import { Cell, Table } from '../parts/table.tsx'
import { call } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { audit, changes } from '../state/streams.ts'

const KEPT = 500
const STEP = 100

const TONES: Partial<Record<AuditEntry['event'], Tone>> = {
  admit: 'good',
  login: 'good',
  refuse: 'bad',
  guess: 'bad',
  'login-fail': 'bad',
  revoke: 'warn',
  kick: 'warn',
  mint: 'info',
  setting: 'info',
}

const GROUPS: Readonly<Record<string, (entry: AuditEntry) => boolean>> = {
  all: () => true,
  access: ({ event }) => ['admit', 'refuse', 'guess', 'end', 'redeem'].includes(event),
  refused: ({ event }) => ['refuse', 'guess', 'login-fail'].includes(event),
  changes: ({ event }) => !['admit', 'refuse', 'guess', 'end', 'login', 'login-fail', 'logout'].includes(event),
  logins: ({ event }) => event.startsWith('log'),
}

const CHOICES = [
  ['all', 'Everything'],
  ['access', 'Publishing and playing'],
  ['refused', 'Refusals'],
  ['changes', 'Changes'],
  ['logins', 'Logins'],
] as const

/** What happened before this page was opened, and what happens now. */
export function Audit() {
  const group = useSignal('all')
  const text = useSignal('')
  const most = useSignal(STEP)
  const past = useFetched(() => call('recentAudit', { limit: KEPT }), changes.audit)
  const entries = merged(audit.value, past.value ?? [])
  const wanted = text.value.trim().toLowerCase()
  const fitting = entries.filter((entry) => GROUPS[group.value]?.(entry) && mentions(entry, wanted))
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
          placeholder="Stream, token id, address, code"
          value={text.value}
          onValue={(value) => {
            text.value = value
          }}
        />
        <ChoiceField
          label="Show"
          value={group.value}
          choices={CHOICES}
          onValue={(value) => {
            group.value = value
          }}
        />
      </search>
      {past.problem !== null && <Problem text={past.problem} onRetry={past.reload} />}
      {past.value === null && past.problem === null && <Loading />}
      {past.value !== null && fitting.length === 0 && (
        <Empty icon="audit" title="Nothing fits" text="No entry among the newest fits what you look for." />
      )}
      {fitting.length > 0 && <Entries entries={fitting.slice(0, most.value)} />}
      {fitting.length > most.value && (
        <nav class="pager" aria-label="More of the audit">
          <Button
            onPress={() => {
              most.value += STEP
            }}
          >
            Show older
          </Button>
        </nav>
      )}
    </>
  )
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return (
    <Table caption="Audit, newest first" columns={['Time', 'Event', 'Stream', 'By', 'Detail']}>
      {entries.map((entry, place) => (
        <Row key={`${entry.at}${entry.event}${entry.tokenId ?? ''}${place}`} entry={entry} />
      ))}
    </Table>
  )
}

function Row({ entry }: { readonly entry: AuditEntry }) {
  const { event, streamId, app, type, tokenId, code, message, repeats } = entry
  return (
    <tr>
      <Cell name="Time" kind="time">
        <time dateTime={entry.at} title={moment(entry.at)}>
          {timeOfDay(entry.at)}
        </time>
      </Cell>
      <Cell name="Event" kind="head">
        <Badge tone={TONES[event] ?? 'dim'}>{event}</Badge>
        {repeats !== undefined && <span class="sub">{repeats} more like it</span>}
      </Cell>
      <Cell name="Stream">
        {streamId ?? '–'}
        {streamId !== undefined && <span class="sub">{[type, app].filter(Boolean).join(' · ')}</span>}
      </Cell>
      <Cell name="By">
        {entry.by}
        <span class="sub mono">{entry.address ?? ''}</span>
      </Cell>
      <Cell name="Detail">
        {code !== undefined && <code>{code}</code>} <span class="note">{message ?? ''}</span>
        {tokenId && <span class="sub mono">{tokenId}</span>}
      </Cell>
    </tr>
  )
}

/** `live` first; both may know the same entry. Newest first. */
function merged(live: readonly AuditEntry[], past: readonly AuditEntry[]): readonly AuditEntry[] {
  const known = new Set(live.map((entry) => JSON.stringify(entry)))
  return [...live, ...[...past].reverse().filter((entry) => !known.has(JSON.stringify(entry)))]
}

function mentions(entry: AuditEntry, wanted: string): boolean {
  if (wanted === '') return true
  return Object.values(entry).some((value) => String(value).toLowerCase().includes(wanted))
}
