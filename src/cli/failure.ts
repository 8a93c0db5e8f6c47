import { Errors } from '@oclif/core'
import { AmsctlError, asAmsctlError } from '../domain/errors.ts'

/** What oclif wraps around the message of a flag's own parser. */
const WRAPPED = /^Parsing (--\S+) \n\t([\s\S]*)\nSee more help with --help$/
const USAGE_HINT = '\nSee more help with --help'

/** Gives every way in which a command can fail its name, exit code and plain message. */
export function readFailure(thrown: unknown): AmsctlError {
  if (thrown instanceof Error && thrown.name === 'ExitPromptError') {
    return new AmsctlError('INTERRUPTED', 'interrupted', { cause: thrown })
  }
  if (thrown instanceof AmsctlError) return new AmsctlError(thrown.code, unwrap(thrown.message), { cause: thrown })
  // oclif's parse errors are CLIErrors that exit 2; its other ones (a module that does not load) exit 1.
  if (thrown instanceof Errors.CLIError && thrown.oclif.exit === 2) {
    return new AmsctlError('BAD_USAGE', unwrap(thrown.message), { cause: thrown })
  }
  // A parser of oclif itself, such as that of Flags.integer, throws plain Errors.
  if (thrown instanceof Error && WRAPPED.test(thrown.message)) {
    return new AmsctlError('BAD_VALUE', unwrap(thrown.message), { cause: thrown })
  }
  return asAmsctlError(thrown)
}

/** The shape of every error under `--json`. */
export function toErrorObject(failure: AmsctlError): { error: { code: string; message: string; exit: number } } {
  return { error: { code: failure.code, message: failure.message, exit: failure.exit } }
}

function unwrap(message: string): string {
  const [, flag, reason] = WRAPPED.exec(message) ?? []
  if (flag !== undefined) return `${flag}: ${reason}`
  return message.endsWith(USAGE_HINT) ? message.slice(0, -USAGE_HINT.length) : message
}
