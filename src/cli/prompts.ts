import { AmsctlError } from '../domain/errors.ts'
import { parseStreamPattern } from '../domain/stream-id.ts'
import { TOKEN_TYPES, type TokenType } from '../domain/token.ts'
import { parsePassword } from '../domain/user.ts'

const ON_STDERR = { output: process.stderr }

/** Whether somebody is there to answer: @inquirer/prompts would read a pipe, and wait for ever on a silent one. */
export function canPrompt(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY)
}

export async function askStream(): Promise<string> {
  requireTerminal('--stream STREAM')
  const { input } = await import('@inquirer/prompts')
  return input({ message: 'Stream id (or a glob such as cam-*):', validate: readable(parseStreamPattern) }, ON_STDERR)
}

export async function askType(): Promise<TokenType> {
  requireTerminal(`--type ${TOKEN_TYPES.join('|')}`)
  const { select } = await import('@inquirer/prompts')
  return select({ message: 'What is the token for?', choices: TOKEN_TYPES.map((value) => ({ value })) }, ON_STDERR)
}

/** Asks for a new password, twice, and shows nothing of it. */
export async function askPassword(): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  const chosen = await password({ message: 'Password:', mask: false, validate: readable(parsePassword) }, ON_STDERR)
  const again = await password({ message: 'Once more:', mask: false }, ON_STDERR)
  if (again === chosen) return chosen
  throw new AmsctlError('BAD_VALUE', 'the two passwords differ; nothing was changed')
}

/** Asks before something wide and throws unless the answer is yes; without a terminal only `--yes` is. */
export async function confirmWide(question: string): Promise<void> {
  if (!canPrompt()) throw new AmsctlError('CONFIRMATION_NEEDED', `${question} Confirm with --yes`)
  const { confirm } = await import('@inquirer/prompts')
  if (await confirm({ message: question, default: false }, ON_STDERR)) return
  throw new AmsctlError('CONFIRMATION_NEEDED', 'not confirmed; nothing was changed')
}

function requireTerminal(flag: string): void {
  if (!canPrompt()) throw new AmsctlError('BAD_USAGE', `missing ${flag}; there is no terminal to ask on`)
}

/** A prompt's validator that says what `parse` says. */
function readable(parse: (text: string) => unknown): (text: string) => true | string {
  return (text) => {
    try {
      parse(text)
      return true
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
