import { describe, expect, it, onTestFinished } from 'vitest'
import { DIRECTIONS, type FrameWriter } from '../../../src/media/transcode/direction.ts'
import { Run } from '../../../src/media/transcode/run.ts'
import { ProgramTranscoder } from '../../../src/media/transcode/transcoder.ts'
import { eventually } from '../../support/eventually.ts'
import { audioConfig, sound } from '../../support/synthetic-media.ts'

/** Counts what is handed over. */
function aWriter(): FrameWriter & { written: number } {
  const writer = {
    written: 0,
    head: Buffer.alloc(0),
    write: (data: Buffer) => {
      writer.written++
      return { data, ticks: 960 }
    },
  }
  return writer
}

describe('a program that transcodes', () => {
  it('is given nothing more when it takes nothing, and is given up in the end', () => {
    const time = { now: 1000 }
    const gone: string[] = []
    const writer = aWriter()
    const run = new Run(
      { program: 'sleep', args: ['60'], direction: DIRECTIONS.Opus, writer, now: () => time.now },
      { onSound: () => {}, onGone: (reason) => void gone.push(reason) },
    )
    onTestFinished(() => run.close())
    const push = (count: number) => {
      for (let index = 0; index < count; index++) run.push(Buffer.alloc(10_000), index * 20)
      return writer.written
    }
    const most = push(500)
    expect(most * 10_000).toBeLessThan(1.3 * 1024 * 1024)
    time.now += 9000
    expect(push(500)).toBe(most)
    expect(gone).toEqual([])
    time.now += 1001
    expect(push(1)).toBe(most)
    expect(gone).toEqual(['it takes no more'])
  })

  it.each([
    ['fails', 'false', 'exit code 1'],
    ['is not there', '/nowhere/ffmpeg', 'spawn /nowhere/ffmpeg ENOENT'],
  ])('is started a few times more when it %s, and then left', async (_, program, reason) => {
    const warnings: { fields: object; text: string }[] = []
    let givenUp = 0
    const transcoder = new ProgramTranscoder({
      program,
      args: [],
      direction: DIRECTIONS.Opus,
      log: { warn: (fields, text) => void warnings.push({ fields, text }) },
      onPacket: () => {},
      onGivenUp: () => void givenUp++,
      pauses: [1, 2],
    })
    onTestFinished(() => transcoder.close())
    transcoder.push(audioConfig())
    for (let at = 0; at < 500; at += 23) transcoder.push(sound(at))
    await eventually(() => givenUp || undefined)
    expect(warnings.map(({ fields }) => fields)).toEqual([0, 1, 2].map(() => ({ program, reason })))
    expect(warnings.map(({ text }) => text.replace(/.*; /, ''))).toEqual([
      'starting it again in 1 ms',
      'starting it again in 2 ms',
      'its viewers hear nothing more',
    ])
    transcoder.push(sound(600))
    expect(warnings).toHaveLength(3)
    expect(givenUp).toBe(1)
  })
})
