import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { killMintingCommand, killRedeemingCommand, killServingDaemon } from '../support/kills.ts'

describe('killed at any instant, nothing that was promised is lost', () => {
  it('by a command that mints or spends', async () => {
    const dataDir = await temporaryDirectory()
    for (let round = 0; round < 6; round++) {
      await killMintingCommand(dataDir)
      await killRedeemingCommand(dataDir)
    }
  })

  it('by the daemon', async () => {
    const dataDir = await temporaryDirectory()
    let promises = 0
    for (let round = 0; round < 3; round++) promises += await killServingDaemon(dataDir)
    expect(promises).toBeGreaterThan(20)
  })
})
