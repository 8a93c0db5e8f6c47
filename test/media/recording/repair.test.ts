import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Sample, VIDEO_TIMESCALE, type VideoTrack } from '../../../src/media/fmp4/track.ts'
import { Fragmenter } from '../../../src/media/recording/fragmenter.ts'
import { MediaLibrary } from '../../../src/media/recording/library.ts'
import { Recorder } from '../../../src/media/recording/recorder.ts'
import { repair } from '../../../src/media/recording/repair.ts'
import { RESERVED } from '../../../src/media/recording/segment-index.ts'
import { RecordingIndexFile } from '../../../src/store/recording-index.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { keyFramesAreIndexed } from '../../support/recordings.ts'

const SECONDS = 6
const FRAME = VIDEO_TIMESCALE / 25
const TRACK: VideoTrack = {
  kind: 'video',
  timescale: VIDEO_TIMESCALE,
  codec: 'avc1.64001f',
  width: 320,
  height: 180,
  sampleEntry: Buffer.from([0, 0, 0, 8, 0x61, 0x76, 0x63, 0x31]),
  parameterSets: Buffer.alloc(0),
}

function aSample(number: number): Sample {
  const compositionOffset = (1 + (number % 3)) * FRAME
  return { dts: number * FRAME, compositionOffset, duration: FRAME, key: number % 25 === 0, data: Buffer.alloc(100) }
}

/** A recording of six seconds that ended well. */
async function aRecording(): Promise<string> {
  const directory = await temporaryDirectory()
  const index = await RecordingIndexFile.open(directory)
  const library = new MediaLibrary({ directory, index, now: () => 0 })
  const events = {
    began: () => {},
    finished: () => {},
    lagging: () => {},
    failed: (error: unknown) => expect.fail(`${error}`),
  }
  const recorder = new Recorder({ app: 'LiveApp', streamId: 'cam' }, library, events)
  const fragmenter = new Fragmenter(recorder)
  fragmenter.begin([TRACK])
  for (let number = 0; number < SECONDS * 25; number++) fragmenter.sample(TRACK, aSample(number), number % 25 === 24)
  fragmenter.end()
  await recorder.settled()
  await index.close()
  return join(directory, 'LiveApp', 'cam.mp4')
}

it('makes of a recording that ended without its index what a clean end makes of it', async () => {
  const path = await aRecording()
  const whole = await readFile(path)
  const room = whole.indexOf('sidx') - 4
  // Anything from none to all of the index may have been written when the process was killed.
  const torn = Buffer.from(whole)
  torn.fill(0, room + 100, room + RESERVED)
  await writeFile(path, torn)
  expect(await repair(path)).toEqual({ bytes: whole.length, duration: SECONDS })
  expect((await readFile(path)).equals(whole)).toBe(true)
  expect(await keyFramesAreIndexed(path)).toBe(SECONDS)
})

it('cuts off what is torn, wherever it is cut', async () => {
  const path = await aRecording()
  const whole = await readFile(path)
  const last = whole.lastIndexOf('moof') - 4
  for (const cut of [1, 8, 50, 400, whole.length - last - 1]) {
    await writeFile(path, whole.subarray(0, last + cut))
    expect(await repair(path), `after ${cut}`).toEqual({ bytes: last, duration: SECONDS - 1 })
    expect((await stat(path)).size).toBe(last)
    expect(await keyFramesAreIndexed(path)).toBe(SECONDS - 1)
  }
})

it('finds nothing in a file that is cut before its first fragment is whole', async () => {
  const path = await aRecording()
  const first = (await readFile(path)).indexOf('moof') - 4
  for (const size of [first + 100, first, first - 1, 100, 30, 0]) {
    await truncate(path, size)
    expect(await repair(path), `of ${size} bytes`).toBeUndefined()
  }
})

it('leaves a file alone that is none of ours', async () => {
  const path = await aRecording()
  const ours = await readFile(path)
  const fast = Buffer.from(ours)
  fast.fill(1, ours.indexOf('sidx'), ours.indexOf('sidx') + 20)
  const [head, moov] = [ours.subarray(0, ours.indexOf('moov') - 4), ours.subarray(ours.indexOf('moov') - 4)]
  const small = Buffer.concat([ours.subarray(0, ours.indexOf('sidx') - 4), Buffer.from('\0\0\0\x0cmdatfilm')])
  const slow = Buffer.concat([head, Buffer.from('\0\0\0\x0cmdatfilm'), moov.subarray(0, moov.readUInt32BE(0))])
  for (const bytes of [fast, small, slow]) {
    await writeFile(path, bytes)
    await expect(repair(path)).rejects.toThrow('not a recording made here')
    expect((await readFile(path)).equals(bytes)).toBe(true)
  }
})
