import type { ChalkInstance } from 'chalk'
import { escapeControls } from './escape.ts'

export interface Column<Row> {
  readonly title: string
  /** What a script gets; columns without it are for people only. */
  readonly raw?: (row: Row) => string | number | null
  /** What a person gets; `raw` by default, and `null` leaves the column to scripts. */
  readonly shown?: ((row: Row) => string) | null
}

/** One record a line: tab-separated, no header, no box. */
export function renderLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const raws = columns.flatMap(({ raw }) => raw ?? [])
  return rows.map((row) => raws.map((raw) => cell(raw(row))).join('\t')).join('\n')
}

/** A table for a terminal. */
export async function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  colors: ChalkInstance,
): Promise<string> {
  if (rows.length === 0) return ''
  const { default: Table } = await import('cli-table3')
  const shown = columns.filter((column) => column.shown !== null)
  const table = new Table({ head: shown.map(({ title }) => colors.bold(title)), style: { head: [], border: [] } })
  for (const row of rows) table.push(shown.map((column) => cell((column.shown ?? column.raw)?.(row) ?? null)))
  return table.toString()
}

/** One record, a field a line: aligned for people, `name TAB value` where `colors` is null. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string | null])[],
  colors: ChalkInstance | null,
): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields
    .filter(([, value]) => value !== null)
    .map(([name, value]) => (colors ? `${colors.bold(name.padEnd(width))}  ${cell(value)}` : `${name}\t${cell(value)}`))
    .join('\n')
}

function cell(value: string | number | null): string {
  return value === null ? '' : escapeControls(String(value))
}
