import { AmsctlError } from '../domain/errors.ts'

type Input = AsyncIterable<Buffer | string>

/** Standard input, read to its end: oclif's own reader gives up after 10 ms. */
export async function readAll(input: Input = process.stdin): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of input) chunks.push(Buffer.from(chunk))
  } catch (cause) {
    throw new AmsctlError('BAD_USAGE', 'standard input cannot be read', { cause })
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** All words of standard input. */
export async function readWords(input: Input = process.stdin): Promise<string[]> {
  return (await readAll(input)).split(/\s+/).filter(Boolean)
}

/** The operands of a command with each `-` replaced by the words of standard input. */
export async function expandOperands(operands: readonly string[]): Promise<string[]> {
  if (!operands.includes('-')) return [...operands]
  const words = await readWords()
  const first = operands.indexOf('-')
  return operands.flatMap((operand, index) => (operand === '-' ? (index === first ? words : []) : operand))
}

/** The one token that a command takes: the operand itself, or the only word of standard input. */
export async function readToken(operand: string): Promise<string> {
  if (operand !== '-') return operand
  const [token, ...more] = await readWords()
  if (token !== undefined && more.length === 0) return token
  const found = token === undefined ? 'no token' : `${more.length + 1} words`
  throw new AmsctlError('BAD_USAGE', `standard input holds ${found}; this command takes exactly one token`)
}
