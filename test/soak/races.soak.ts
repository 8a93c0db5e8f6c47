import { expect, it } from 'vitest'
import { serve, temporaryDirectory } from '../support/amsctl.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { raceRound, redeemRound } from '../support/races.ts'

const ROUNDS = Number(process.env.AMSCTL_SOAK_ROUNDS ?? 200)

it(`has one winner of 100, ${ROUNDS} times`, async () => {
  const daemon = await serve()
  publishing(`${daemon.rtmp}/LiveApp/cam`, 36_000)
  await live(daemon, 'cam')
  await daemon.must(['settings', 'enable-token'])
  for (let round = 0; round < ROUNDS; round++) {
    expect(await raceRound(daemon, { http: 50, rtmp: 15, rest: 25, redeem: 10 }), `round ${round}`).toBe(1)
  }
})

it(`has one winner of 16 processes without a daemon, ${ROUNDS} times`, async () => {
  const dataDir = await temporaryDirectory()
  for (let round = 0; round < ROUNDS; round++) expect(await redeemRound(dataDir, 16), `round ${round}`).toBe(1)
})
