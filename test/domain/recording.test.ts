import { describe, expect, it } from 'vitest'
import { isRecordingFile, ownerOf, type Recording, recordingFile } from '../../src/domain/recording.ts'

describe('files of recordings', () => {
  it('are numbered as AMS does', () => {
    expect([0, 1, 12].map((number) => recordingFile('cam', number))).toEqual(['cam.mp4', 'cam_1.mp4', 'cam_12.mp4'])
  })

  it.each([
    'cam.mp4',
    'cam_720p.mp4',
    'a__b.mp4',
    'news-2025-10-11.mp4',
    '.hidden.mp4',
    `${'x'.repeat(128)}_1234567.mp4`,
  ])('can be called %s', (name) => expect(isRecordingFile(name)).toBe(true))

  it.each(
    [
      ['', '.mp4', '..mp4', '...mp4', 'cam', 'cam.MP4', 'cam.mp4.', 'cam.ts', 'a/b.mp4', 'a\\b.mp4', 'a b.mp4'],
      ['cam\0.mp4', 'cam\n.mp4', 'é.mp4', `${'x'.repeat(137)}.mp4`, '../cam.mp4', 'index.ndjson'],
    ].flat(),
  )('cannot be called %j', (name) => expect(isRecordingFile(name)).toBe(false))

  it('belong to the stream that was recorded or, where none was, to the one of their base name', () => {
    const recording: Recording = {
      ...{ app: 'LiveApp', file: 'room_1.mp4', streamId: 'room' },
      ...{ startedAt: 0, endedAt: null, bytes: 0, duration: 0 },
    }
    expect(ownerOf('room_1.mp4', recording)).toBe('room')
    expect(ownerOf('room_1.mp4', undefined)).toBe('room_1')
    expect(ownerOf(`${'x'.repeat(129)}.mp4`, undefined)).toBeUndefined()
  })
})
