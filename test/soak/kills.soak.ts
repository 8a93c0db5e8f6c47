import { it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { killMintingCommand, killRedeemingCommand, killServingDaemon } from '../support/kills.ts'

const ROUNDS = Number(process.env.AMSCTL_SOAK_ROUNDS ?? 200)

it(`survives ${ROUNDS} killed commands that mint, and as many that spend`, async () => {
  const dataDir = await temporaryDirectory()
  for (let round = 0; round < ROUNDS; round++) {
    await killMintingCommand(dataDir)
    await killRedeemingCommand(dataDir)
  }
})

it(`survives ${ROUNDS} kills of a daemon that mints and spends`, async () => {
  const dataDir = await temporaryDirectory()
  for (let round = 0; round < ROUNDS; round++) await killServingDaemon(dataDir)
})
