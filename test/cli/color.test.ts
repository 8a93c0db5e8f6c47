import { describe, expect, it } from 'vitest'
import { colorsFor, wantsColor } from '../../src/cli/color.ts'

const terminal = { isTTY: true }
const pipe = {}

describe('colour', () => {
  it.each([
    ['a terminal', terminal, [], {}, true],
    ['a pipe', pipe, [], {}, false],
    ['NO_COLOR', terminal, [], { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR, which means nothing', terminal, [], { NO_COLOR: '' }, true],
    ['TERM=dumb', terminal, [], { TERM: 'dumb' }, false],
    ['--no-color', terminal, ['--no-color'], {}, false],
    ['--no-color after --, which is an operand', terminal, ['--', '--no-color'], {}, true],
    ['FORCE_COLOR in a pipe', pipe, [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', terminal, [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR over FORCE_COLOR', pipe, [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['--no-color over FORCE_COLOR', pipe, ['--no-color'], { FORCE_COLOR: '1' }, false],
  ])('%s', (_, stream, argv, env, expected) => {
    expect(wantsColor(stream, argv, env)).toBe(expected)
  })

  it('is decided for each stream by itself', () => {
    expect(colorsFor(terminal, [], {}).red('x')).toBe('\u001b[31mx\u001b[39m')
    expect(colorsFor(pipe, [], {}).red('x')).toBe('x')
  })
})
