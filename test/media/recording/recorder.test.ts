import type { FileHandle } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { VIDEO_TIMESCALE, type VideoTrack } from '../../../src/media/fmp4/track.ts'
import type { Piece } from '../../../src/media/recording/fragmenter.ts'
import type { OpenRecording, RecordingShelf } from '../../../src/media/recording/ports.ts'
import { Recorder } from '../../../src/media/recording/recorder.ts'

const MIB = 1024 * 1024
const REFERENCE = { id: 1, timescale: VIDEO_TIMESCALE }
const TRACK: VideoTrack = {
  kind: 'video',
  timescale: VIDEO_TIMESCALE,
  codec: 'avc1.64001f',
  width: 320,
  height: 180,
  sampleEntry: Buffer.alloc(8),
  parameterSets: Buffer.alloc(0),
}

/** A shelf whose disk takes nothing until {@link Disk.release}, and may refuse. */
class Disk implements RecordingShelf {
  readonly log: string[] = []
  readonly writes: number[] = []
  fails: Error | undefined
  release = () => {}
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve
  })

  async create(): Promise<OpenRecording> {
    const write = async (_bytes: Buffer, _offset: number, length: number) => {
      await this.#released
      if (this.fails) throw this.fails
      this.writes.push(length)
      return { bytesWritten: length }
    }
    const stat = async () => ({ nlink: 1 })
    const handle = { write, stat, truncate: async () => {}, datasync: async () => {} } as unknown as FileHandle
    return {
      app: 'LiveApp',
      file: 'cam.mp4',
      handle,
      wrote: () => {},
      end: async () => void this.log.push('end'),
      discard: async () => void this.log.push('discard'),
    }
  }
}

function aRecorder(disk: Disk) {
  const recorder = new Recorder({ app: 'LiveApp', streamId: 'cam' }, disk, {
    began: (file) => disk.log.push(`began ${file}`),
    finished: (file) => disk.log.push(`finished ${file}`),
    lagging: () => disk.log.push('lagging'),
    failed: (error) => disk.log.push(`failed ${error}`),
  })
  recorder.begin([TRACK], REFERENCE)
  return recorder
}

function aPiece(number: number, { key = true, size = MIB } = {}): Piece {
  return { bytes: Buffer.alloc(size), key, start: number * VIDEO_TIMESCALE, ticks: VIDEO_TIMESCALE }
}

it('holds no more than it may for a disk that hangs, and goes on at a key frame', async () => {
  const disk = new Disk()
  const recorder = aRecorder(disk)
  for (let number = 0; number < 200; number++) recorder.piece(aPiece(number))
  disk.release()
  await recorder.settled()
  recorder.piece(aPiece(200, { key: false, size: 11 }))
  recorder.piece(aPiece(201, { key: true, size: 12 }))
  recorder.piece(aPiece(202, { key: false, size: 13 }))
  recorder.end()
  await recorder.settled()
  const fragments = disk.writes.slice(1, -1)
  expect(fragments).toEqual([...Array(33).fill(MIB), 12, 13])
  expect(disk.log).toEqual(['lagging', 'began cam.mp4', 'end', 'finished cam.mp4'])
})

it('stops at the first write that fails, keeping what is there', async () => {
  const disk = new Disk()
  disk.release()
  const recorder = aRecorder(disk)
  recorder.piece(aPiece(0))
  await recorder.settled()
  disk.fails = new Error('no space left')
  recorder.piece(aPiece(1))
  recorder.piece(aPiece(2))
  recorder.end()
  await recorder.settled()
  expect(disk.log).toEqual(['began cam.mp4', 'end', 'failed Error: no space left'])
})

it('leaves no file behind where not even the head can be written', async () => {
  const disk = new Disk()
  disk.release()
  disk.fails = new Error('no space left')
  const recorder = aRecorder(disk)
  recorder.piece(aPiece(0))
  await recorder.begun
  await recorder.settled()
  expect(disk.log).toEqual(['discard', 'failed Error: no space left'])
})
