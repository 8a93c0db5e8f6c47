import { Errors } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { readFailure } from '../../src/cli/failure.ts'
import { nearest } from '../../src/cli/nearest.ts'
import { AmsctlError } from '../../src/domain/errors.ts'

const wrapped = (message: string) => `Parsing --expire \n\t${message}\nSee more help with --help`

describe('failures', () => {
  it.each([
    ['a named error', new AmsctlError('TOKEN_NOT_FOUND', 'no token "x"'), 'TOKEN_NOT_FOUND', 'no token "x"', 3],
    [
      'a named error that oclif wrapped while parsing a flag',
      new AmsctlError('BAD_VALUE', wrapped('"1x" is not a time')),
      'BAD_VALUE',
      '--expire: "1x" is not a time',
      2,
    ],
    [
      'an error of oclif while parsing',
      new Errors.CLIError('Nonexistent flag: --x\nSee more help with --help'),
      'BAD_USAGE',
      'Nonexistent flag: --x',
      2,
    ],
    ['a plain error of a flag parser', new Error(wrapped('no')), 'BAD_VALUE', '--expire: no', 2],
    ['a module that does not load', new Errors.CLIError('x', { exit: 1 }), 'INTERNAL', 'x', 1],
    [
      'Ctrl-C in a prompt',
      Object.assign(new Error('User force closed'), { name: 'ExitPromptError' }),
      'INTERRUPTED',
      'interrupted',
      130,
    ],
    ['anything else, which is a bug', new TypeError('x is undefined'), 'INTERNAL', 'x is undefined', 1],
  ])('%s', (_, thrown, code, message, exit) => {
    expect(readFailure(thrown)).toMatchObject({ code, message, exit })
  })

  it('never repeat a secret of the command line', () => {
    const token = 'aB3'.repeat(10).padEnd(32, 'x')
    const key = `amsctl_${'k'.repeat(40)}`
    const failure = readFailure(new Errors.CLIError(`Unexpected arguments: ${token}, ${key}`))
    expect(failure.message).toBe('Unexpected arguments: aB3a…, amsc…')
  })
})

describe('the nearest command', () => {
  const commands = ['token:create', 'token:list', 'status']

  it.each([
    ['token:lst', 'token:list'],
    ['staus', 'status'],
    ['frobnicate', undefined],
    ['', undefined],
  ])('to %j is %j', (typed, meant) => {
    expect(nearest(typed, commands)).toBe(meant)
  })
})
