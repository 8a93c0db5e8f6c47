import { expect, it } from 'vitest'
import { serve } from '../support/amsctl.ts'
import { live, packetsOf, playing, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

describeWith(['ffmpeg', 'ffprobe'], "the README's first minute", () => {
  it('lets one publisher and one viewer in by token, and dismisses every second use', async () => {
    const daemon = await serve()
    await daemon.must(['settings', 'enable-token'])
    const publishToken = await daemon.mint('cam', 'publish')
    const rtmpToken = await daemon.mint('cam', 'play')
    const flvToken = await daemon.mint('cam', 'play')

    const publisher = publishing(`${daemon.rtmp}/LiveApp/cam?token=${publishToken}`)
    await live(daemon, 'cam')

    const flvUrl = `${daemon.http}/LiveApp/streams/cam.flv?token=${flvToken}`
    const rtmpUrl = `${daemon.rtmp}/LiveApp/cam?token=${rtmpToken}`
    for (const url of [flvUrl, rtmpUrl]) {
      const seen = packetsOf(await playing(url).outcome)
      expect(seen.video).toBeGreaterThan(20)
      expect(seen.audio).toBeGreaterThan(20)
    }

    const flvReplay = await playing(flvUrl).outcome
    expect(flvReplay.code).not.toBe(0)
    expect(flvReplay.stderr).toContain('403 Forbidden')
    const rtmpReplay = await playing(rtmpUrl).outcome
    expect(rtmpReplay.code).not.toBe(0)
    expect(rtmpReplay.stderr).toContain('token already used')
    const publishReplay = await publishing(`${daemon.rtmp}/LiveApp/other?token=${publishToken}`, 2).outcome
    expect(publishReplay.code).not.toBe(0)
    expect(publishReplay.stderr).toContain('this token is for another stream')

    expect(publisher.child.exitCode).toBeNull()
    expect(await daemon.stop()).toBe(0)
  })
})
