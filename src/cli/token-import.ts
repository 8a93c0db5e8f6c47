import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AmsctlError } from '../domain/errors.ts'
import type { Token } from '../domain/token.ts'
import type { StoreOperations } from '../services/operations.ts'
import { readStoredToken } from '../services/stored-token.ts'

/** Tokens in one commit. */
const BATCH = 500

export interface Imported {
  readonly imported: number
  /** Tokens that were stored already, and stayed as they were. */
  readonly skipped: number
}

interface Numbered {
  readonly line: number
  readonly token: Token
}

/**
 * Stores the tokens of an export, one a line, in whole batches.
 * @throws BAD_VALUE, which says at which lines it stopped and how many it took before
 */
export async function importLines(store: StoreOperations, input: Readable, skipStored = false): Promise<Imported> {
  let imported = 0
  let skipped = 0
  let batch: Numbered[] = []
  const take = async () => {
    const taken = await takeBatch(store, batch, imported, skipStored)
    imported += taken
    skipped += batch.length - taken
    batch = []
  }
  let line = 0
  for await (const text of readLines(input, () => imported)) {
    line++
    if (text.trim() === '') continue
    batch.push({ line, token: parse(text, line, imported) })
    if (batch.length === BATCH) await take()
  }
  if (batch.length > 0) await take()
  return { imported, skipped }
}

async function* readLines(input: Readable, before: () => number): AsyncGenerator<string> {
  try {
    yield* createInterface({ input })
  } catch (cause) {
    if (!input.errored) throw cause
  }
  // Not every readline tells of it: some end as if all had been read.
  if (input.errored) throw refusal(`standard input cannot be read: ${input.errored.message}`, before())
}

async function takeBatch(
  store: StoreOperations,
  batch: readonly Numbered[],
  before: number,
  skipStored: boolean,
): Promise<number> {
  try {
    return (await store.importTokens({ tokens: batch.map(({ token }) => token), skipStored })).imported
  } catch (error) {
    if (!(error instanceof AmsctlError) || error.code !== 'BAD_VALUE') throw error
    const [first, last] = [batch[0]?.line, batch.at(-1)?.line]
    throw refusal(`${error.message}; of lines ${first} to ${last} none was taken`, before)
  }
}

function parse(text: string, line: number, before: number): Token {
  try {
    return readStoredToken(JSON.parse(text))
  } catch (error) {
    const what = error instanceof AmsctlError ? `: ${error.message}` : ' is no JSON'
    throw refusal(`line ${line}${what}`, before)
  }
}

function refusal(what: string, before: number): AmsctlError {
  return new AmsctlError('BAD_VALUE', `${what}; imported before: ${before}`)
}
