import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AmsctlError } from '../domain/errors.ts'
import type { Token } from '../domain/token.ts'
import type { StoreOperations } from '../services/operations.ts'

/** Tokens in one commit. */
const BATCH = 500

interface Numbered {
  readonly line: number
  readonly token: Token
}

/** Stores the tokens of an export, one a line, and returns how many; BAD_VALUE says which line it stopped at. */
export async function importLines(store: StoreOperations, input: Readable): Promise<number> {
  let imported = 0
  let batch: Numbered[] = []
  const take = async () => {
    imported += await takeBatch(store, batch, imported)
    batch = []
  }
  let line = 0
  for await (const text of createInterface({ input })) {
    line++
    if (text.trim() === '') continue
    batch.push({ line, token: parse(text, line, imported) })
    if (batch.length === BATCH) await take()
  }
  if (batch.length > 0) await take()
  return imported
}

async function takeBatch(store: StoreOperations, batch: readonly Numbered[], before: number): Promise<number> {
  try {
    return (await store.importTokens({ tokens: batch.map(({ token }) => token) })).imported
  } catch (error) {
    if (!(error instanceof AmsctlError) || error.code !== 'BAD_VALUE') throw error
    const [first, last] = [batch[0]?.line, batch.at(-1)?.line]
    throw refusal(`${error.message}; of lines ${first} to ${last} none was taken`, before)
  }
}

function parse(text: string, line: number, before: number): Token {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal(`line ${line} is no JSON`, before)
  }
}

function refusal(what: string, before: number): AmsctlError {
  return new AmsctlError('BAD_VALUE', `${what}; imported before: ${before}`)
}
