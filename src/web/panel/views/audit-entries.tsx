import type { AuditEntry, AuditEvent } from '../../../domain/audit.ts'
import { Badge, type Tone } from '../parts/basics.tsx'
import { moment, timeOfDay } from '../parts/format.ts'
import { Cell, Table } from '../parts/table.tsx'
import { TokenLink } from '../parts/token-link.tsx'

const TONES: Partial<Record<AuditEvent, Tone>> = {
  admit: 'good',
  login: 'good',
  refuse: 'bad',
  guess: 'bad',
  'login-fail': 'bad',
  'record-fail': 'bad',
  revoke: 'warn',
  kick: 'warn',
  mint: 'info',
  setting: 'info',
}

/** Newest first, as they are given. */
export function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return (
    <Table caption="Audit, newest first" columns={['Time', 'Event', 'Stream', 'By', 'Detail']}>
      {entries.map((entry, place) => (
        // Counted from the oldest, a row stays itself while others come above it.
        <Row key={entries.length - place} entry={entry} />
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
        <span class="note">{streamId ?? '–'}</span>
        {streamId !== undefined && <span class="sub">{[type, app].filter(Boolean).join(' · ')}</span>}
      </Cell>
      <Cell name="By">
        <span class="note by">{entry.by}</span>
        <span class="sub mono">{entry.address ?? ''}</span>
      </Cell>
      <Cell name="Detail" kind="detail">
        {code !== undefined && <code>{code}</code>}{' '}
        <span class="note">{message ?? (code === undefined && !tokenId ? '–' : '')}</span>
        {tokenId && (
          <span class="sub">
            <TokenLink id={tokenId} />
          </span>
        )}
      </Cell>
    </tr>
  )
}
