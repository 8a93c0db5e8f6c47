import { Errors } from '@oclif/core'
import { AmsctlError, asAmsctlError } from '../domain/errors.ts'
import { maskSecret } from '../domain/secret.ts'

/** What oclif wraps around the message of a flag's own parser. */
const WRAPPED = /^Parsing (--\S+) \n\t([\s\S]*)\nSee more help with --help$/
const USAGE_HINT = '\nSee more help with --help'

/** A token or an API key, which a message about a mistyped command line would otherwise repeat. */
const SECRET = /\b(?:[A-Za-z0-9]{32}|amsctl_[A-Za-z0-9]{40})\b/g

/** Gives every way in which a command can fail its name, exit code and plain message. */
export function readFailure(thrown: unknown): AmsctlError {
  if (thrown instanceof Error && thrown.name === 'ExitPromptError') {
    return new AmsctlError('INTERRUPTED', 'interrupted', { cause: thrown })
  }
  if (thrown instanceof AmsctlError)
    return new AmsctlError(thrown.code, maskSecrets(unwrap(thrown.message)), { cause: thrown })
  // oclif's parse errors are CLIErrors that exit 2; its other ones (a module that does not load) exit 1.
  if (thrown instanceof Errors.CLIError && thrown.oclif.exit === 2) {
    return new AmsctlError('BAD_USAGE', maskSecrets(unwrap(thrown.message)), { cause: thrown })
  }
  // A parser of oclif itself, such as that of Flags.integer, throws plain Errors.
  if (thrown instanceof Error && WRAPPED.test(thrown.message)) {
    return new AmsctlError('BAD_VALUE', maskSecrets(unwrap(thrown.message)), { cause: thrown })
  }
  return asAmsctlError(thrown)
}

/** The shape of every error under `--json`. */
export function toErrorObject(failure: AmsctlError): { error: { code: string; message: string; exit: number } } {
  return { error: { code: failure.code, message: failure.message, exit: failure.exit } }
}

export function maskSecrets(message: string): string {
  return message.replace(SECRET, maskSecret)
}

function unwrap(message: string): string {
  const [, flag, reason] = WRAPPED.exec(message) ?? []
  if (flag !== undefined) return `${flag}: ${reason}`
  return message.endsWith(USAGE_HINT) ? message.slice(0, -USAGE_HINT.length) : message
}
