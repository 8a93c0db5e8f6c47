import type { Token } from '../domain/token.ts'
import type { TokenHint } from '../services/ports.ts'
import type { Records, View } from './records.ts'
import type { SnapshotFile } from './snapshot-file.ts'
import { TimeSlice } from './time-slice.ts'
import { sieveFor } from './token-sieve.ts'

/** Sorts after every hash. */
const LAST = 'g'

/** The tokens of the store at the first call, in many turns of the event loop; those that `hint` rules out may be left out. */
export async function* scanTokens(records: Records, hint: TokenHint): AsyncGenerator<Token> {
  const { snapshot, changed } = records.view()
  const slice = new TimeSlice()
  if (snapshot) yield* unchangedTokens(snapshot, changed, hint, slice)
  for (const entry of changed.values()) {
    if (entry) yield entry
    if (slice.isOver()) await slice.next()
  }
}

async function* unchangedTokens(
  snapshot: SnapshotFile,
  changed: View['changed'],
  hint: TokenHint,
  slice: TimeSlice,
): AsyncGenerator<Token> {
  const sieve = sieveFor(hint)
  for await (const lines of snapshot.tokenLines(sieve.needle, hint.hashAfter)) {
    for (const line of lines) {
      if (slice.isOver()) await slice.next()
      if (!sieve.mayPass(line.line)) continue
      const token = snapshot.tokenIn(line)
      // All that follow in the file have greater ones still.
      if (token.hash > (hint.hashUpTo?.() ?? LAST)) return
      if (!changed.has(token.hash)) yield token
    }
  }
}
