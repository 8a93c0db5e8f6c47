import { expect, it } from 'vitest'
import { serve } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

const WITH_B_FRAMES = ['-tune', 'film', '-preset', 'veryfast', '-bf', '2']

describeWith(['ffmpeg'], 'a publisher of B-frames', () => {
  it('is warned of in `stream list` and once in the log, and no other is', async () => {
    const daemon = await serve()
    publishing(`${daemon.rtmp}/LiveApp/plain`)
    publishing(`${daemon.rtmp}/LiveApp/cam`, 600, WITH_B_FRAMES)
    await live(daemon, 'plain')
    await eventually(async () => (await live(daemon, 'cam')).warnings.length > 0 || undefined)
    const streams = await daemon.ask((operations) => operations.listStreams())
    expect(streams.find(({ streamId }: { streamId: string }) => streamId === 'plain')).toMatchObject({ warnings: [] })
    const warning = expect.stringMatching(/^B-frames: .*bframes=0/)
    expect(streams.find(({ streamId }: { streamId: string }) => streamId === 'cam')).toMatchObject({
      warnings: [warning],
    })
    expect(await daemon.must(['stream', 'list'])).toMatch(/\tB-frames: /)
    expect(daemon.log.match(/B-frames/g)).toHaveLength(1)
  })
})
