import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Token } from '../../../src/domain/token.ts'
import { openStore } from '../../../src/store/open.ts'
import { salvage } from '../../../src/store/salvage/salvage.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { numbersFrom } from '../../support/seeded.ts'
import { contentsOf } from '../../support/store.ts'
import { NOW } from '../../support/tokens.ts'
import { DAMAGES, type Damage } from './damage.ts'
import { aHistory, type History } from './history.ts'

const HISTORIES = 10
const ROUNDS = Number(process.env.SALVAGE_ROUNDS ?? 10)

/** How many times more `token` may be used. */
function left(token: Token | null | undefined): number {
  if (!token || token.revokedAt !== null) return 0
  return token.uses === null ? Number.POSITIVE_INFINITY : token.uses - token.used
}

let histories: History[]
beforeAll(async () => {
  histories = []
  for (let seed = 1; seed <= HISTORIES; seed++) histories.push(await aHistory(numbersFrom(seed)))
})
afterAll(async () => {
  for (const { directory } of histories) await rm(directory, { recursive: true })
})

/** A copy of one of the histories, damaged once or twice. */
async function aDamagedCopy(damage: Damage, seed: number) {
  const random = numbersFrom(seed)
  const { directory: sound, truth } = histories[seed % HISTORIES] as History
  const directory = await temporaryDirectory()
  await cp(sound, directory, { recursive: true })
  for (let times = random() < 0.7 ? 1 : 2; times > 0; times--) await damage(directory, random)
  return { directory, truth }
}

describe.each(Object.entries(DAMAGES))('a store with %s', (_kind, damage) => {
  it('is salvaged so that no token opens more than it really had left, and the original keeps every byte', async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const { directory, truth } = await aDamagedCopy(damage, seed)
      const before = await contentsOf(directory)
      const target = join(await temporaryDirectory(), 'sound')
      await salvage(directory, target, NOW)
      expect(await contentsOf(directory)).toEqual(before)

      const store = await openStore(target, { now: () => NOW, wait: 0 })
      for (const [hash, token] of truth) {
        const found = await store.tokens.findByHash(hash)
        expect(left(found), `seed ${seed}: ${token?.id}`).toBeLessThanOrEqual(left(token))
        if (left(token) === 0) expect((await store.tokens.reserve(hash, 'me', 1000)).ok).toBe(false)
      }
      for (const { tokenHash } of await store.sessions.all()) expect(truth.get(tokenHash ?? '')?.revokedAt).toBe(null)
      await store.close()
    }
  })
})
