import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { codecName } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { findTranscoder } from '../../../src/media/transcode/ffmpeg.ts'
import type { AudioTranscoder, Sound } from '../../../src/media/transcode/ports.ts'
import { standingClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { describeWith } from '../../support/programs.ts'
import { aacOf, beepsIn } from '../../support/sound.ts'
import { hostilePackets } from '../../support/synthetic-media.ts'

class Journal {
  readonly warnings: { fields: object; text: string }[] = []

  warn(fields: object, text: string): void {
    this.warnings.push({ fields, text })
  }
}

async function aTranscoder(to: Sound, program = 'ffmpeg') {
  // What is pushed all at once looks late where ffmpeg stands still.
  standingClock()
  const log = new Journal()
  const transcoding = await findTranscoder({ log, program })
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

/** An ffmpeg that writes down the process of each run. */
async function aWitness(): Promise<{ program: string; processes(): Promise<number[]> }> {
  const directory = await mkdtemp(join(tmpdir(), 'amsctl-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const [program, list] = [join(directory, 'ffmpeg'), join(directory, 'processes')]
  const script = `#!/bin/sh\ncase "$*" in *pipe:*) echo $$ >>'${list}' ;; esac\nexec ffmpeg "$@"\n`
  await writeFile(program, script, { mode: 0o755 })
  const processes = async () => {
    const lines = await readFile(list, 'utf8').catch(() => '')
    return lines.split('\n').filter(Boolean).map(Number)
  }
  return { program, processes }
}

function isRunning(process_: number): boolean {
  try {
    return process.kill(process_, 0)
  } catch {
    return false
  }
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

  it('goes on with another process where one was killed, and says so', async () => {
    const { program, processes } = await aWitness()
    const { transcoder, got, log } = await aTranscoder('Opus', program)
    const aac = aacOf({ seconds: 4, beeps: [3000] })
    const half = aac.filter(({ dts }) => dts < 2000)
    for (const packet of half) transcoder.push(packet)
    await eventually(() => (got.at(-1)?.dts ?? 0) > 1800 || undefined)
    for (const id of await processes()) process.kill(id, 'SIGKILL')
    await eventually(async () => (await processes()).length === 2 || undefined)
    const before = got.length
    for (const packet of aac.slice(half.length)) transcoder.push(packet)
    await eventually(() => (got.at(-1)?.dts ?? 0) > 3800 || undefined)
    expect(log.warnings).toMatchObject([{ fields: { reason: 'killed by SIGKILL' } }])
    expectBeeps([...got.slice(0, 1), ...got.slice(before)], [3000])
  })

  it('leaves no process behind, closed or begun anew with another configuration', async () => {
    const { program, processes } = await aWitness()
    const { transcoder, got } = await aTranscoder('Opus', program)
    for (const rate of [44_100, 48_000]) {
      const count = got.length
      for (const packet of aacOf({ seconds: 0.5, beeps: [] }, { rate })) transcoder.push(packet)
      await eventually(() => got.length > count || undefined)
    }
    const ids = await processes()
    expect(ids).toHaveLength(2)
    transcoder.close()
    transcoder.close()
    await eventually(() => !ids.some(isRunning) || undefined)
    expect(await processes()).toEqual(ids)
  })

  it('survives frames that are none, and hears what follows', async () => {
    const { transcoder, got } = await aTranscoder('Opus')
    const aac = aacOf({ seconds: 2, beeps: [] })
    for (const packet of hostilePackets(300)) transcoder.push(packet)
    for (const packet of aac) transcoder.push({ ...packet, dts: packet.dts + 100_000 })
    const heard = () => got.some(({ dts }) => dts > 101_000) || undefined
    await eventually(heard)
  })
})
