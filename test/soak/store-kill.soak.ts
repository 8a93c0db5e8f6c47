import { expect, it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { describeWith } from '../support/programs.ts'
import { killAtCall, killRounds } from './store-kill.ts'

const ROUNDS = Number(process.env.AMSCTL_KILL_ROUNDS ?? 200)

it(`keeps every promise over ${ROUNDS} kills at random`, async () => {
  const seed = Number(process.env.AMSCTL_KILL_SEED ?? Date.now() % 1_000_000)
  process.stderr.write(`seed ${seed}\n`)
  expect(await killRounds(await temporaryDirectory(), ROUNDS, seed)).toEqual([])
})

describeWith(['strace'], 'killed at each call on its files', () => {
  it('keeps every promise', async () => {
    for (let call = 1; ; call++) {
      const { ended, broken } = await killAtCall(await temporaryDirectory(), call)
      expect(broken).toEqual([])
      if (!ended) continue
      process.stderr.write(`killed at ${call - 1} calls\n`)
      break
    }
  })
})
