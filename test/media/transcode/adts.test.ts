import { describe, expect, it } from 'vitest'
import { AdtsReader, adtsFormat, adtsFrame } from '../../../src/media/transcode/adts.ts'

const STEREO_44100 = Buffer.from('1210', 'hex')
const FRAMES = [1, 300, 6000].map((size) => Buffer.alloc(size, size))

function written(): Buffer {
  const format = adtsFormat(STEREO_44100)
  if (!format) throw new Error('no format')
  return Buffer.concat(FRAMES.map((frame) => adtsFrame(format, frame)))
}

describe('ADTS', () => {
  it('holds frames with their configuration, read however they are cut', () => {
    const data = written()
    for (const size of [1, 10, data.length]) {
      const reader = new AdtsReader()
      const read = []
      for (let at = 0; at < data.length; at += size) read.push(...reader.push(data.subarray(at, at + size)))
      expect(read.map(({ frame }) => frame)).toEqual(FRAMES)
      for (const { config } of read) expect(config).toEqual(STEREO_44100)
    }
  })

  it('is found again behind what is none', () => {
    const read = new AdtsReader().push(Buffer.concat([Buffer.from('00010203', 'hex'), written()]))
    expect(read.map(({ frame }) => frame)).toEqual(FRAMES)
  })

  it('tells of HE-AAC only its core', () => {
    // Object type 5: a core of AAC-LC at 22.05 kHz, and 44.1 kHz with what SBR adds.
    expect(adtsFormat(Buffer.from('2b920800', 'hex'))).toMatchObject({ objectType: 2, rate: 22_050, channels: 2 })
  })

  it.each([
    ['nothing', ''],
    ['one byte', '12'],
    ['a rate of its own', '1780000010'],
    ['channels told elsewhere', '1200'],
    ['frames of 960 samples', '1214'],
    ['an object type without ADTS', 'f8e65000'],
  ])('has no fields for %s', (_, config) => {
    expect(adtsFormat(Buffer.from(config, 'hex'))).toBeUndefined()
  })
})
