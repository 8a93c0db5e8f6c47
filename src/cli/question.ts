import { Args } from '@oclif/core'
import type { TokenType } from '../domain/token.ts'
import type { TokenQuestion } from '../services/operations.ts'
import { address, defaultApp, streamId, tokenType } from './flags.ts'
import { readToken } from './stdin.ts'

/** What `token verify` and `token redeem` both ask: does this token open that? */
export const questionArgs = {
  token: Args.string({ required: true, ignoreStdin: true, description: 'The token, or - to read it from stdin.' }),
}

export const questionFlags = {
  stream: streamId({ required: true, summary: 'Stream that it should open.' }),
  type: tokenType({ required: true, summary: 'What it should open the stream for.' }),
  app: defaultApp,
  ip: address({ summary: 'Address of the client; without it a token bound to an address is judged on the rest.' }),
}

interface QuestionFlags {
  readonly stream: string
  readonly type: TokenType
  readonly app: string
  readonly ip: string | undefined
}

export async function readQuestion(operand: string, flags: QuestionFlags): Promise<TokenQuestion> {
  const { app, stream, type, ip } = flags
  return { token: await readToken(operand), app, streamId: stream, type, ip: ip ?? null }
}
