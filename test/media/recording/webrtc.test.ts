import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { MediaLibrary } from '../../../src/media/recording/library.ts'
import { Recordings } from '../../../src/media/recording/recordings.ts'
import { RecordingIndexFile } from '../../../src/store/recording-index.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { eventually } from '../../support/eventually.ts'
import { durationOf, keyFramesAreIndexed, tracksOf } from '../../support/recordings.ts'
import { aMediaHouse, CodedPublisher, codedPictures, picturesOf } from '../../support/rtc-media.ts'

const PICTURES = 200
/** By so much the tracks may be apart in which what comes first is late on a busy machine. */
const APART = 1.5
const FRAME_MS = 20

it('records what a WebRTC peer publishes, in H.264 and Opus of the same length', async () => {
  const directory = await temporaryDirectory()
  const index = await RecordingIndexFile.open(directory)
  const { hub, publish, received } = await aMediaHouse()
  const told: string[] = []
  const finished = new Promise<string>((resolve, reject) => {
    const recordings = new Recordings({
      hub,
      shelf: new MediaLibrary({ directory, index, now: () => 0 }),
      isWanted: () => true,
      report: {
        began() {},
        finished: (_stream, file) => resolve(file),
        lagging: () => told.push('lagging'),
        leftOut: (_stream, kind, codec) => told.push(`left out ${kind} ${codec}`),
        failed: (_stream, error) => reject(error),
      },
    })
    onTestFinished(async () => {
      hub.close()
      await recordings.close()
      await index.close()
    })
  })
  const publisher = new CodedPublisher(await codedPictures('160x90'))
  const { publication } = await publish(publisher)
  await eventually(() => picturesOf(received).length >= PICTURES || undefined)
  publisher.stop()
  publication.end()

  const path = join(directory, 'LiveApp', await finished)
  const seconds = (picturesOf(received).length * FRAME_MS) / 1000
  expect(told).toEqual([])
  const isSoLong = (duration = 0) => Math.abs(duration - seconds) < APART
  expect(await durationOf(path)).toSatisfy(isSoLong)
  const { video, audio } = await tracksOf(path)
  expect(video).toMatchObject({ codec: 'h264', width: 160, height: 90 })
  expect(audio).toMatchObject({ codec: 'opus' })
  for (const track of [video, audio]) expect(track?.duration).toSatisfy(isSoLong)
  expect(await keyFramesAreIndexed(path)).toBeGreaterThan(1)
})
