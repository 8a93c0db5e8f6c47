import { expect, it, onTestFinished } from 'vitest'
import { codecName } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { findTranscoder } from '../../../src/media/transcode/ffmpeg.ts'
import type { AudioTranscoder, Sound } from '../../../src/media/transcode/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { describeWith } from '../../support/programs.ts'
import { aacOf, beepsIn } from '../../support/sound.ts'

class Journal {
  readonly warnings: { fields: object; text: string }[] = []

  warn(fields: object, text: string): void {
    this.warnings.push({ fields, text })
  }
}

async function aTranscoder(to: Sound) {
  const log = new Journal()
  const transcoding = await findTranscoder({ log })
  if (!transcoding) throw new Error('no transcoder')
  const got: MediaPacket[] = []
  const transcoder: AudioTranscoder = transcoding.start(to, (packet) => void got.push(packet))
  onTestFinished(() => transcoder.close())
  return { transcoder, got, log, transcoding }
}

/** What comes out of `packets`, when it is of about as long. */
async function transcoded(to: Sound, packets: readonly MediaPacket[]): Promise<MediaPacket[]> {
  const { transcoder, got, log } = await aTranscoder(to)
  for (const packet of packets) transcoder.push(packet)
  const end = packets.at(-1)?.dts ?? 0
  await eventually(() => (got.at(-1)?.dts ?? 0) > end - 150 || undefined)
  expect(log.warnings).toEqual([])
  return got
}

const BEEPS = [300, 1500, 2700]

function expectBeeps(packets: readonly MediaPacket[], at: readonly number[]): void {
  const found = beepsIn(packets)
  expect(found).toHaveLength(at.length)
  for (const [index, beep] of at.entries()) expect(Math.abs((found[index] ?? 0) - beep)).toBeLessThan(15)
}

describeWith(['ffmpeg'], 'transcoding with ffmpeg', () => {
  it('tells which ffmpeg it is', async () => {
    const { transcoding } = await aTranscoder('Opus')
    expect(transcoding.name).toMatch(/^ffmpeg \S+$/)
  })

  it('finds none where there is no program', async () => {
    expect(await findTranscoder({ log: new Journal(), program: '/nowhere/ffmpeg' })).toBeUndefined()
    expect(await findTranscoder({ log: new Journal(), program: '/bin/true' })).toBeUndefined()
  })

  for (const [rate, channels] of [
    [44_100, 2],
    [48_000, 1],
    [22_050, 1],
  ] as const) {
    it(`makes Opus of AAC of ${rate} Hz and ${channels} channels, each sound at its time`, async () => {
      const aac = aacOf({ seconds: 3.5, beeps: BEEPS, from: 7000 }, { rate, channels })
      const opus = await transcoded('Opus', aac)
      expect(opus.filter(({ config }) => config)).toHaveLength(1)
      expect(new Set(opus.map(codecName))).toEqual(new Set(['Opus']))
      expectBeeps(
        opus,
        BEEPS.map((at) => at + 7000),
      )
    })
  }

  it('makes AAC of Opus, each sound at its time', async () => {
    const opus = await transcoded('Opus', aacOf({ seconds: 3.5, beeps: BEEPS, from: 7000 }))
    const aac = await transcoded('AAC', opus)
    expect(aac.filter(({ config }) => config)).toHaveLength(1)
    expect(new Set(aac.map(codecName))).toEqual(new Set(['AAC']))
    expectBeeps(
      aac,
      BEEPS.map((at) => at + 7000),
    )
  })
})
