import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { renderQr } from '../../src/cli/qr.ts'

const LINK = `https://live.example.org/w/LiveApp/cam1#${'S'.repeat(32)}`
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m'

it('draws a square with a quiet zone of four modules, in colours of its own', () => {
  const lines = renderQr(LINK).split('\n')
  expect(lines.every((line) => line.startsWith(BLACK_ON_WHITE))).toBe(true)
  const rows = lines.map(stripVTControlCharacters)
  const width = rows[0]?.length ?? 0
  expect(rows.every((row) => row.length === width)).toBe(true)
  expect(rows).toHaveLength(Math.ceil(width / 2))
  expect(rows.slice(0, 2).join('').trim()).toBe('')
  expect(rows.every((row) => row.startsWith('    ') && row.endsWith('    '))).toBe(true)
  // The finder pattern in the corner.
  expect(rows[2]?.slice(4, 11)).toBe('█▀▀▀▀▀█')
})
