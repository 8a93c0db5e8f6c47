import { describe, expect, it } from 'vitest'
import { codecName, parsePacket } from '../../src/media/packet.ts'
import type { PacketKind } from '../../src/media/ports.ts'

function bytes(...parts: (number | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part])))
}

function parsed(kind: PacketKind, body: Buffer) {
  const packet = parsePacket(kind, 7, body)
  if (!packet) return undefined
  return { config: packet.config, key: packet.key, codec: codecName(packet) }
}

const config = { config: true, key: false }
const key = { config: false, key: true }
const plain = { config: false, key: false }

describe('a video packet', () => {
  it.each<[string, Buffer, object]>([
    ['H.264 sequence header', bytes(0x17, 0, 0, 0, 0, 1), { ...config, codec: 'H264' }],
    ['H.264 key frame', bytes(0x17, 1, 0, 0, 0, 1), { ...key, codec: 'H264' }],
    ['H.264 inter frame', bytes(0x27, 1, 0, 0, 0, 1), { ...plain, codec: 'H264' }],
    ['H.264 end of sequence', bytes(0x17, 2, 0, 0, 0), plain],
    ['H.264 cut after one byte', bytes(0x17), plain],
    ['legacy HEVC header', bytes(0x1c, 0, 0, 0, 0), { ...config, codec: 'H265' }],
    ['legacy HEVC key frame', bytes(0x1c, 1, 0, 0, 0), { ...key, codec: 'H265' }],
    ['H.263 key frame', bytes(0x12, 0), { ...key, codec: 'H263' }],
    ['command frame', bytes(0x57, 0), { ...config }],
    ['enhanced H.264 header', bytes(0x90, 'avc1', 1), { ...config, codec: 'H264' }],
    ['enhanced HEVC header', bytes(0x90, 'hvc1', 1), { ...config, codec: 'H265' }],
    ['enhanced HEVC key frame', bytes(0x91, 'hvc1', 0, 0, 0), { ...key, codec: 'H265' }],
    ['enhanced HEVC key frame without composition time', bytes(0x93, 'hvc1', 1), { ...key, codec: 'H265' }],
    ['enhanced HEVC inter frame', bytes(0xa1, 'hvc1', 0, 0, 0), { ...plain, codec: 'H265' }],
    ['enhanced AV1 header', bytes(0x90, 'av01', 1), { ...config, codec: 'AV1' }],
    ['enhanced AV1 header of MPEG-2 TS', bytes(0x95, 'av01', 1), { ...config, codec: 'AV1' }],
    ['enhanced VP9 key frame', bytes(0x91, 'vp09', 1), { ...key, codec: 'VP9' }],
    ['enhanced metadata', bytes(0x94, 'hvc1', 1), plain],
    ['enhanced end of sequence', bytes(0x92, 'hvc1'), plain],
    ['enhanced multitrack', bytes(0x96, 0, 'hvc1'), plain],
    ['enhanced header of an unknown codec', bytes(0x90, 'xxxx', 1), { ...plain, codec: null }],
    ['enhanced, cut short', bytes(0x90, 'hv'), { ...plain, codec: null }],
    ['unknown codec', bytes(0x1f, 0), { codec: null }],
  ])('is understood: %s', (_case, body, expected) => {
    expect(parsed('video', body)).toMatchObject(expected)
  })
})

describe('an audio packet', () => {
  it.each<[string, Buffer, object]>([
    ['AAC header', bytes(0xaf, 0, 0x12, 0x10), { ...config, codec: 'AAC' }],
    ['AAC frame', bytes(0xaf, 1, 1), { ...plain, codec: 'AAC' }],
    ['AAC cut after one byte', bytes(0xaf), plain],
    ['MP3 frame', bytes(0x2f, 0), { ...plain, codec: 'MP3' }],
    ['enhanced Opus header', bytes(0x90, 'Opus', 1), { ...config, codec: 'Opus' }],
    ['enhanced Opus frame', bytes(0x91, 'Opus', 1), { ...plain, codec: 'Opus' }],
    ['enhanced AC-3 frame', bytes(0x91, 'ac-3', 1), { ...plain, codec: 'AC3' }],
    ['enhanced header of an unknown codec', bytes(0x90, 'xxxx', 1), { ...plain, codec: null }],
    ['unknown codec', bytes(0xd0, 0), { ...plain, codec: null }],
  ])('is understood: %s', (_case, body, expected) => {
    expect(parsed('audio', body)).toMatchObject(expected)
  })
})

describe('a data packet', () => {
  const setDataFrame = bytes(2, 0, 13, '@setDataFrame')
  const metadata = bytes(2, 0, 10, 'onMetaData', 3, 0, 0, 9)

  it('loses the order to the server in front of its metadata', () => {
    const packet = parsePacket('metadata', 0, Buffer.concat([setDataFrame, metadata]))
    expect(packet).toMatchObject({ payload: metadata, config: true })
  })

  it('is passed on without being kept where it is not metadata', () => {
    expect(parsed('metadata', bytes(2, 0, 10, 'onTextData', 5))).toEqual({ ...plain, codec: null })
  })

  it('is left out where it has no name', () => {
    expect(parsePacket('metadata', 0, bytes(3, 0, 0, 9))).toBeUndefined()
    expect(parsePacket('metadata', 0, setDataFrame)).toBeUndefined()
  })
})

it.each<PacketKind>(['audio', 'video', 'metadata'])('leaves out empty %s packets', (kind) => {
  expect(parsePacket(kind, 0, Buffer.alloc(0))).toBeUndefined()
})
