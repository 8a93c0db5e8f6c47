import { readFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import { AmsctlError } from '../domain/errors.ts'
import { parsePassword } from '../domain/user.ts'
import { askPassword, canPrompt } from './prompts.ts'
import { readAll } from './stdin.ts'

export const passwordFile = Flags.string({
  summary: 'File that holds the password, or - for stdin (default: a terminal asks, a pipe is read).',
  helpValue: 'FILE',
})

/** A password, which is never on the command line: others could read it there. */
export async function readPassword(file: string | undefined): Promise<string> {
  if (file === undefined && canPrompt()) return askPassword()
  if (file === undefined && process.stdin.isTTY) throw wouldShow()
  const text = file === undefined || file === '-' ? await readAll() : await readSecretFile(file)
  // What cannot be decoded reads as U+FFFD.
  if (text.includes('\ufffd')) throw new AmsctlError('BAD_VALUE', 'the password is not readable as UTF-8')
  const password = text.replace(/^\ufeff/, '').replace(/\r?\n$/, '')
  if (password !== '') return parsePassword(password)
  throw new AmsctlError('BAD_VALUE', 'no password was given; type it at a terminal, or give --password-file or stdin')
}

/** The terminal would show what is typed. */
function wouldShow(): AmsctlError {
  return new AmsctlError('BAD_USAGE', 'standard error is no terminal to ask for a password on; give --password-file')
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('BAD_VALUE', `--password-file: cannot read ${path}: ${reason}`, { cause })
  }
}
