import { expect, it } from 'vitest'
import { serve, temporaryDirectory } from '../support/amsctl.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'
import { raceRound, redeemRound } from '../support/races.ts'

describeWith(['ffmpeg', 'rtmpdump'], 'one token, everybody at once', () => {
  it('has one winner among 100 over HTTP, RTMP, REST and the command line', async () => {
    const daemon = await serve()
    publishing(`${daemon.rtmp}/LiveApp/cam`)
    await live(daemon, 'cam')
    await daemon.enableTokens()
    for (let round = 0; round < 2; round++) {
      expect(await raceRound(daemon, { http: 56, rtmp: 15, rest: 25, redeem: 4 })).toBe(1)
    }
  })

  it('has one winner among 12 processes that share a folder and no daemon', async () => {
    expect(await redeemRound(await temporaryDirectory(), 12)).toBe(1)
  })
})
