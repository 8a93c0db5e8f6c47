import { describe, expect, it } from 'vitest'
import { mux } from '../../src/media/mux.ts'
import type { MediaPacket, PacketKind } from '../../src/media/ports.ts'
import { FlvReader } from '../support/flv.ts'
import { RtmpReader } from '../support/rtmp-reader.ts'

const TIMES = [0, 1, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff]
const SIZES = [1, 127, 128, 65_534, 65_535, 65_536, 131_070, 131_071, 200_000]
const KINDS: PacketKind[] = ['audio', 'video', 'metadata']
const BOTH = { audio: true, video: true }

function packet(kind: PacketKind, dts: number, size: number): MediaPacket {
  const payload = Buffer.alloc(size)
  for (let i = 0; i < size; i++) payload[i] = i * 7
  return { kind, dts, payload, config: false, key: false }
}

const packets = TIMES.flatMap((dts) => SIZES.map((size, i) => packet(KINDS[i % 3] ?? 'audio', dts, size)))

describe('FLV', () => {
  it('carries every time and size whole', () => {
    const reader = new FlvReader()
    reader.push(mux('flv', packets, BOTH))
    expect(reader.tags.map(({ kind, dts }) => [kind, dts])).toEqual(packets.map(({ kind, dts }) => [kind, dts]))
    expect(reader.tags.every(({ payload }, i) => packets[i]?.payload.equals(payload))).toBe(true)
  })

  it.each([
    [{ audio: true, video: true }, 5],
    [{ audio: true, video: false }, 4],
    [{ audio: false, video: true }, 1],
    [{ audio: false, video: false }, 0],
  ])('says in its header which tracks there are: %o', (tracks, flags) => {
    expect(mux('flv', [], tracks).toString('hex')).toBe(`464c56010${flags}0000000900000000`)
  })
})

describe('RTMP', () => {
  it('carries every time and size whole, extended timestamps in every chunk', () => {
    const reader = new RtmpReader()
    reader.push(Buffer.from([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff]))
    reader.push(mux('rtmp', packets, BOTH))
    const media = reader.messages.slice(1)
    expect(media.map(({ timestamp }) => timestamp)).toEqual(packets.map(({ dts }) => dts))
    expect(media.every(({ payload }, i) => packets[i]?.payload.equals(payload))).toBe(true)
    expect(new Set(media.map(({ streamId }) => streamId))).toEqual(new Set([1]))
    expect(media.slice(0, 3).map(({ type }) => type)).toEqual([8, 9, 18])
  })
})

describe('WS-FLV', () => {
  const TAG = 15

  it.each([
    [125 - TAG, '827d'],
    [126 - TAG, '827e007e'],
    [65_535 - TAG, '827effff'],
    [65_536 - TAG, '827f0000000000010000'],
  ])('is one unmasked binary frame: %d bytes of payload', (size, header) => {
    const frame = mux('ws-flv', [packet('video', 0, size)])
    expect(frame.toString('hex', 0, header.length / 2)).toBe(header)
    expect(frame.subarray(header.length / 2).equals(mux('flv', [packet('video', 0, size)]))).toBe(true)
  })

  it('has no frame where there is nothing to send', () => {
    expect(mux('ws-flv', [])).toHaveLength(0)
  })
})
