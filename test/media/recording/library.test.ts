import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { VIDEO_TIMESCALE, type VideoTrack } from '../../../src/media/fmp4/track.ts'
import { MediaLibrary } from '../../../src/media/recording/library.ts'
import type { OpenRecording } from '../../../src/media/recording/ports.ts'
import { Recorder } from '../../../src/media/recording/recorder.ts'
import { RecordingIndexFile } from '../../../src/store/recording-index.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'

const TRACK: VideoTrack = {
  kind: 'video',
  timescale: VIDEO_TIMESCALE,
  codec: 'avc1.64001f',
  width: 320,
  height: 180,
  sampleEntry: Buffer.alloc(8),
  parameterSets: Buffer.alloc(0),
}

async function aLibrary(directory?: string) {
  const home = directory ?? (await temporaryDirectory())
  const index = await RecordingIndexFile.open(home)
  onTestFinished(() => index.close())
  return { home, index, library: new MediaLibrary({ directory: home, index, now: () => 0 }) }
}

async function filled(recording: OpenRecording, content: string): Promise<void> {
  await recording.handle.write(Buffer.from(content))
  recording.wrote(content.length, 1)
  await recording.end()
}

/** What a killed process leaves of `room_1.mp4`, a recording of `room`, as the next one finds it. */
async function anUnfinishedOne() {
  const before = await aLibrary()
  await filled(await before.library.create('LiveApp', 'room'), 'first')
  const { handle } = await before.library.create('LiveApp', 'room')
  await handle.writeFile('second')
  await handle.close()
  const { home, index, library } = await aLibrary(before.home)
  const [unfinished] = await library.takeStock()
  if (!unfinished) throw new Error('nothing is unfinished')
  return { home, index, library, unfinished }
}

it('does not give back to its old stream a name that another has taken while a repair went on', async () => {
  const { home, library, unfinished } = await anUnfinishedOne()
  await library.remove('LiveApp', 'room_1.mp4')
  await filled(await library.create('LiveApp', 'room_1'), 'of another stream')
  await library.settle(unfinished, { bytes: 6, duration: 1 })
  expect(library.ownerOf('LiveApp', 'room_1.mp4')).toBe('room_1')
  await library.discard(unfinished)
  expect(library.ownerOf('LiveApp', 'room_1.mp4')).toBe('room_1')
  expect(await readFile(join(home, 'LiveApp', 'room_1.mp4'), 'utf8')).toBe('of another stream')
})

it('does not remember a recording that was deleted while a repair went on', async () => {
  const { index, library, unfinished } = await anUnfinishedOne()
  await library.remove('LiveApp', 'room_1.mp4')
  await library.settle(unfinished, { bytes: 6, duration: 1 })
  expect(index.get('LiveApp', 'room_1.mp4')).toBeUndefined()
})

it('ends a recording whose file somebody deletes, says so, and leaves its name to others', async () => {
  const { home, index, library } = await aLibrary()
  const told: string[] = []
  const recorder = new Recorder({ app: 'LiveApp', streamId: 'cam' }, library, {
    began: () => {},
    finished: (file) => told.push(`finished ${file}`),
    lagging: () => told.push('lagging'),
    failed: (error, file) => told.push(`${file}: ${error}`),
  })
  const piece = { bytes: Buffer.alloc(100), key: true, start: 0, ticks: VIDEO_TIMESCALE }
  recorder.begin([TRACK], { id: 1, timescale: VIDEO_TIMESCALE })
  recorder.piece(piece)
  await recorder.settled()
  const path = join(home, 'LiveApp', 'cam.mp4')
  await rm(path)
  await writeFile(path, 'dropped in')
  recorder.piece(piece)
  await recorder.settled()
  expect(told).toEqual(['cam.mp4: Error: somebody has deleted the file'])
  expect(index.get('LiveApp', 'cam.mp4')).toBeUndefined()
  expect((await library.list())[0]).toMatchObject({ bytes: (await stat(path)).size, recording: false, duration: null })
})
