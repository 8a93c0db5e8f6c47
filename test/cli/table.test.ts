import { describe, expect, it } from 'vitest'
import { colorsFor } from '../../src/cli/color.ts'
import { escapeControls } from '../../src/cli/escape.ts'
import { type Column, renderFields, renderLines, renderTable } from '../../src/cli/table.ts'

interface Row {
  readonly id: string
  readonly left: number | null
}

const columns: readonly Column<Row>[] = [
  { title: 'id', raw: ({ id }) => id },
  { title: 'left', raw: ({ left }) => left, shown: ({ left }) => (left === null ? 'no limit' : `${left} left`) },
  { title: 'remark', shown: () => 'for people' },
  { title: 'hash', raw: () => 'for scripts', shown: null },
]
const plain = colorsFor({}, [], {})

describe('lines for a pipe', () => {
  it('are one record each, separated by tabs, without a header', () => {
    expect(
      renderLines(
        [
          { id: 'a', left: 1 },
          { id: 'b', left: null },
        ],
        columns,
      ),
    ).toBe('a\t1\tfor scripts\nb\t\tfor scripts')
  })

  it('keep a record on its line whatever a stranger put into it', () => {
    const line = renderLines([{ id: 'a\tb\nc\u001b[2J\u009b1m\u202ed', left: 1 }], columns)
    expect(line).toBe('a\\tb\\nc\\u001b[2J\\u009b1m\\u202ed\t1\tfor scripts')
  })

  it('are none for no rows', () => {
    expect(renderLines([], columns)).toBe('')
  })
})

describe('the table for a terminal', () => {
  it('shows what is meant for people, uncoloured where colour is off', async () => {
    const table = await renderTable([{ id: 'a\u001b[31m', left: null }], columns, plain)
    expect(table).toContain('a\\u001b[31m')
    expect(table).toContain('no limit')
    expect(table).toContain('remark')
    expect(table).not.toContain('scripts')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is what must not be there
    expect(table).not.toMatch(/\u001b/)
  })

  it('is nothing for no rows', async () => {
    expect(await renderTable([], columns, plain)).toBe('')
  })
})

describe('fields', () => {
  const fields = [
    ['id', 'a'],
    ['nothing', null],
    ['long name', 'b\tc'],
  ] as const

  it('are aligned for people and tab-separated for scripts; nulls are left out', () => {
    expect(renderFields(fields, plain)).toBe('id         a\nlong name  b\\tc')
    expect(renderFields(fields, null)).toBe('id\ta\nlong name\tb\\tc')
  })
})

it('escapes reversibly: a backslash is doubled', () => {
  expect(escapeControls('C:\\new\n')).toBe('C:\\\\new\\n')
})
