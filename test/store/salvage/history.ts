import { mkdir, mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Token } from '../../../src/domain/token.ts'
import type { Store } from '../../../src/services/ports.ts'
import { openStore } from '../../../src/store/open.ts'
import { aSession, aUse, tokenNumber } from '../../support/store.ts'
import { NOW } from '../../support/tokens.ts'

export interface History {
  readonly directory: string
  /** Each token as it really is; null: dropped. */
  readonly truth: ReadonlyMap<string, Token | null>
}

const USES = [1, 1, 1, 3, null]

/** A store that was minted to, spent from, revoked in and compacted at random, in a directory for the caller to remove. */
export async function aHistory(random: () => number): Promise<History> {
  const directory = await mkdtemp(join(tmpdir(), 'amsctl-history-'))
  const truth = new Map<string, Token | null>()
  const obstacle = join(directory, 'tokens.json.tmp')
  const runs = 1 + Math.floor(random() * 3)
  for (let run = 0; run < runs; run++) {
    // In the last run compaction may not get through, so that there are several journals.
    const isStuck = run === runs - 1 && random() < 0.4
    const journalLimit = random() < 0.5 ? 4000 : 1_000_000
    const store = await openStore(directory, { now: () => NOW, wait: 0, journalLimit })
    if (isStuck) await mkdir(obstacle)
    for (let step = 0; step < 25; step++) await act(store, truth, random)
    await store.close()
    if (isStuck) await rmdir(obstacle)
  }
  return { directory, truth }
}

async function act(store: Store, truth: Map<string, Token | null>, random: () => number): Promise<void> {
  const kind = random()
  if (kind < 0.4) return mint(store, truth, random)
  const known = [...truth.keys()]
  const hash = known[Math.floor(random() * known.length)] ?? ''
  if (kind < 0.8) {
    const session = aSession({ id: `ss_${String(Math.floor(random() * 1e9)).padStart(12, '0')}`, tokenHash: hash })
    const answer = await store.tokens.spend(hash, 'me', aUse(), session)
    if (answer.ok) truth.set(hash, answer.token)
  } else if (kind < 0.93) {
    for (const token of await store.tokens.revoke([hash], NOW)) truth.set(token.hash, token)
  } else if ((await store.tokens.drop([hash])) > 0) truth.set(hash, null)
}

async function mint(store: Store, truth: Map<string, Token | null>, random: () => number): Promise<void> {
  const minted = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) =>
    tokenNumber(truth.size + index, { uses: USES[Math.floor(random() * USES.length)] ?? null }),
  )
  // Some in one commit, some in a group.
  if (random() < 0.5) await store.tokens.add(minted)
  else await Promise.all(minted.map((token) => store.tokens.add([token])))
  for (const token of minted) truth.set(token.hash, token)
}
