import { Errors, type Hook, toConfiguredId } from '@oclif/core'
import { AmsctlError } from '../domain/errors.ts'
import { printable } from '../domain/stream-id.ts'
import { colorsFor } from './color.ts'
import { maskSecrets, toErrorObject } from './failure.ts'
import { nearest } from './nearest.ts'

/** Exits 127 and names the nearest command. It never asks: a script's misspelling must not wait for an answer. */
const commandNotFound: Hook.CommandNotFound = async ({ id, argv, config }) => {
  const meant = nearest(id, [...config.commandIDs, ...config.topics.map(({ name }) => name)])
  const next = meant === undefined ? `see ${config.bin} help` : `did you mean "${toConfiguredId(meant, config)}"?`
  const typed = printable(maskSecrets(toConfiguredId(id, config)))
  const failure = new AmsctlError('COMMAND_NOT_FOUND', `"${typed}" is not a command; ${next}`)
  if (argv?.includes('--json')) {
    process.stdout.write(`${JSON.stringify(toErrorObject(failure), null, 2)}\n`)
  } else {
    process.stderr.write(`${colorsFor(process.stderr, argv ?? []).red(`error: ${failure.message}`)}\n`)
  }
  throw new Errors.ExitError(failure.exit)
}

export default commandNotFound
