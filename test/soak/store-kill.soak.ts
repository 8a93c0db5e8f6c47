import { expect, it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { describeWith } from '../support/programs.ts'
import { CALLS, killAtCall, killRounds } from './store-kill.ts'

const ROUNDS = Number(process.env.AMSCTL_SOAK_ROUNDS ?? 200)

it(`keeps every promise over ${ROUNDS} kills at random`, async () => {
  const seed = Number(process.env.AMSCTL_SOAK_SEED ?? Date.now() % 1_000_000)
  process.stderr.write(`seed ${seed}\n`)
  expect(await killRounds(await temporaryDirectory(), ROUNDS, seed)).toEqual([])
})

describeWith(['strace'], 'killed at each call on its files', () => {
  it.each(CALLS)('keeps every promise at every %s', async (call) => {
    for (let nth = 1; ; nth++) {
      const { ended, broken } = await killAtCall(await temporaryDirectory(), call, nth)
      expect(broken).toEqual([])
      if (!ended) continue
      expect(nth).toBeGreaterThan(1)
      process.stderr.write(`killed at ${nth - 1} calls of ${call}\n`)
      break
    }
  })
})
