import { expect, it } from 'vitest'
import { serve } from '../support/amsctl.ts'
import { RtcPublisher } from '../support/rtc-peer.ts'

it('tells peers the address of `--webrtc-host`', async () => {
  const daemon = await serve({ args: ['--webrtc-port', '0', '--webrtc-host', '192.0.2.7'] })
  const answer = await fetch(`${daemon.http}/LiveApp/whip/cam`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: await new RtcPublisher().offer(),
  })
  expect(answer.status).toBe(201)
  expect(await answer.text()).toMatch(/^a=candidate:\S+ 1 UDP \d+ 192\.0\.2\.7 \d+ typ host\r$/im)
})
