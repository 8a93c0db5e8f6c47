import { describe, expect, it } from 'vitest'
import { OggReader, OggWriter } from '../../../src/media/transcode/ogg.ts'

const PACKETS = [0, 1, 254, 255, 256, 510, 4000].map((size) => Buffer.alloc(size, size))

function written(): Buffer[] {
  const writer = new OggWriter()
  return PACKETS.map((packet, index) => writer.page(packet, index * 960))
}

describe('Ogg', () => {
  it('holds packets of every length, read however they are cut', () => {
    const data = Buffer.concat(written())
    for (const size of [1, 7, 100, data.length]) {
      const reader = new OggReader()
      const read: Buffer[] = []
      for (let at = 0; at < data.length; at += size) read.push(...reader.push(data.subarray(at, at + size)))
      expect(read).toEqual(PACKETS)
    }
  })

  it('begins the stream once, numbers its pages, and tells where each ends', () => {
    const pages = written()
    expect(pages.map((page) => page[5])).toEqual([2, 0, 0, 0, 0, 0, 0])
    expect(pages.map((page) => page.readUInt32LE(18))).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(pages.map((page) => Number(page.readBigUInt64LE(6)))).toEqual([0, 960, 1920, 2880, 3840, 4800, 5760])
  })

  it('leaves out a damaged page and goes on with the next', () => {
    const pages = written()
    pages[3]?.writeUInt8(99, 40)
    expect(new OggReader().push(Buffer.concat(pages))).toEqual(PACKETS.filter((_, index) => index !== 3))
  })
})
