import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { DeferredTranscoding, hasFfmpeg } from '../../../src/media/transcode/deferred.ts'
import { deferTranscoder } from '../../../src/media/transcode/ffmpeg.ts'
import type { Transcoding } from '../../../src/media/transcode/ports.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { eventually } from '../../support/eventually.ts'
import { describeWith } from '../../support/programs.ts'
import { aacOf } from '../../support/sound.ts'

const SOUND: MediaPacket = { kind: 'audio', dts: 7, payload: Buffer.from([0xaf, 1, 9]), config: false, key: true }

/** Whether sound can be transcoded is answered by `answer`; it comes out as it went in. */
function aSearch() {
  let asked = 0
  let started = 0
  let answer: (can: boolean) => void = () => {}
  const answered = new Promise<boolean>((resolve) => {
    answer = resolve
  })
  const unchanging: Transcoding = {
    name: 'ffmpeg 9',
    start: (_to, onPacket) => {
      started++
      return { push: onPacket, close: () => {} }
    },
  }
  const warnings: string[] = []
  const transcoding = new DeferredTranscoding({
    log: { warn: (_fields, text) => void warnings.push(text) },
    find: async () => {
      asked++
      return (await answered) ? unchanging : undefined
    },
  })
  return { transcoding, warnings, answer, counts: () => ({ asked, started }) }
}

describe('an ffmpeg that is asked what it can when that is needed', () => {
  it('is not asked before, and once at most', async () => {
    const { transcoding, answer, counts } = aSearch()
    expect(counts().asked).toBe(0)
    expect(transcoding.name).toBe('ffmpeg')
    transcoding.start('Opus', () => {})
    transcoding.start('AAC', () => {})
    answer(true)
    expect((await transcoding.ask())?.name).toBe('ffmpeg 9')
    expect(transcoding.name).toBe('ffmpeg 9')
    expect(counts().asked).toBe(1)
  })

  it('gets what was pushed meanwhile, in its order', async () => {
    const { transcoding, answer } = aSearch()
    const got: number[] = []
    const transcoder = transcoding.start('Opus', ({ dts }) => void got.push(dts))
    for (const dts of [1, 2]) transcoder.push({ ...SOUND, dts })
    expect(got).toEqual([])
    answer(true)
    await transcoding.ask()
    transcoder.push({ ...SOUND, dts: 3 })
    expect(got).toEqual([1, 2, 3])
  })

  it('is not started for whoever has gone meanwhile', async () => {
    const { transcoding, answer, counts } = aSearch()
    transcoding.start('Opus', () => {}).close()
    answer(true)
    await transcoding.ask()
    expect(counts().started).toBe(0)
  })

  it('is given up where it cannot, which the log says once', async () => {
    const { transcoding, answer, warnings } = aSearch()
    let givenUp = 0
    for (const to of ['Opus', 'AAC'] as const) {
      const transcoder = transcoding.start(
        to,
        () => {},
        () => void givenUp++,
      )
      transcoder.push(SOUND)
      transcoder.push(SOUND)
    }
    answer(false)
    expect(await transcoding.ask()).toBeUndefined()
    expect(givenUp).toBe(2)
    expect(warnings).toEqual(['the ffmpeg on the PATH cannot turn AAC into Opus and back'])
  })
})

it('finds an ffmpeg on a PATH where it can be run, and nowhere else', async () => {
  const directory = await temporaryDirectory()
  const [some, other] = [join(directory, 'some'), join(directory, 'other')]
  for (const place of [some, other]) await mkdir(place)
  await writeFile(join(some, 'ffmpeg'), '', { mode: 0o644 })
  expect(await hasFfmpeg([other, some].join(delimiter))).toBe(false)
  await chmod(join(some, 'ffmpeg'), 0o755)
  expect(await hasFfmpeg([other, some].join(delimiter))).toBe(true)
  expect(await hasFfmpeg(other)).toBe(false)
})

describeWith(['ffmpeg'], 'the ffmpeg of this machine', () => {
  it('transcodes what was pushed before it was asked', async () => {
    const transcoding = await deferTranscoder({ warn: (_fields, text) => expect.unreachable(text) })
    const got: MediaPacket[] = []
    const transcoder = transcoding?.start('Opus', (packet) => void got.push(packet))
    for (const packet of aacOf({ seconds: 1, beeps: [] })) transcoder?.push(packet)
    await eventually(() => (got.at(-1)?.dts ?? 0) > 800 || undefined)
    transcoder?.close()
    expect(transcoding?.name).toMatch(/^ffmpeg \S/)
  })
})
