import { encode } from 'uqr'

/** Light modules that scanners need around a code, ISO/IEC 18004 section 6.3.8. */
const QUIET_ZONE = 4
/** Black on white of the fixed part of the palette, which no theme of a terminal changes. */
const INK = '\u001b[38;5;16;48;5;231m'
const RESET = '\u001b[0m'

/** `text` as a QR code of half blocks, two modules a character, that scans on light and on dark terminals. */
export function renderQr(text: string): string {
  const { data, size } = encode(text, { border: QUIET_ZONE, ecc: 'L' })
  const lines: string[] = []
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) => cell(data[row]?.[column], data[row + 1]?.[column]))
    lines.push(`${INK}${cells.join('')}${RESET}`)
  }
  return lines.join('\n')
}

function cell(above = false, below = false): string {
  if (above) return below ? '█' : '▀'
  return below ? '▄' : ' '
}
