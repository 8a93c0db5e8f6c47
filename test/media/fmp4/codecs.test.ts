import { describe, expect, it } from 'vitest'
import { readFrame, readTrack } from '../../../src/media/fmp4/flv-body.ts'
import { parsePacket } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { encoded, enhancedOpus, enhancedVideo } from '../../support/media-files.ts'
import { describeWith } from '../../support/programs.ts'
import { audioConfig, videoConfig } from '../../support/synthetic-media.ts'

function packet(kind: MediaPacket['kind'], ...parts: readonly (string | readonly number[])[]): MediaPacket {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  const parsed = parsePacket(kind, 0, body)
  if (!parsed) throw new Error('no packet')
  return parsed
}

function configOf(packets: readonly MediaPacket[], kind: MediaPacket['kind']): MediaPacket {
  const config = packets.find((candidate) => candidate.kind === kind && candidate.config)
  if (!config) throw new Error('no configuration')
  return config
}

describeWith(['ffmpeg'], 'the size and codec of a picture', () => {
  it.each([
    ['1920x1080', 'yuv420p', [], /^avc1\.6400/],
    ['854x480', 'yuv420p', ['-profile:v', 'main'], /^avc1\.4d40/],
    ['322x182', 'yuv420p', ['-profile:v', 'baseline'], /^avc1\.42c0/],
    ['322x183', 'yuv422p', [], /^avc1\.7a00/],
    ['323x183', 'yuv444p', [], /^avc1\.f400/],
    ['322x182', 'gray', [], /^avc1\.6400/],
    ['1920x1080', 'yuv420p', ['-flags', '+ildct+ilme'], /^avc1\.6400/],
    ['320x180', 'yuv420p', ['-x264-params', 'cqm=jvt'], /^avc1\.6400/],
  ])('are read from H.264: %s in %s %j', (size, pixels, options, codec) => {
    const picture = `testsrc=size=${size}:rate=25`
    const coding = ['-c:v', 'libx264', '-preset', 'veryfast', ...options, '-pix_fmt', pixels]
    const packets = encoded({ seconds: 0.04, picture, tone: null, options: coding })
    const [width, height] = size.split('x').map(Number)
    expect(readTrack(configOf(packets, 'video'))).toMatchObject({ kind: 'video', width, height })
    expect(readTrack(configOf(packets, 'video'))?.codec).toMatch(codec)
  })

  it.each([
    ['yuv420p', '322x182', /^hvc1\.1\.6\.L\d+\.90$/],
    ['yuv420p10le', '320x180', /^hvc1\.2\.4\.L\d+\.90$/],
    ['yuv422p10le', '322x183', /^hvc1\.4\.10\.L\d+\./],
    ['yuv444p', '323x183', /^hvc1\.4\.10\.L\d+\./],
  ])('are read from HEVC in %s', (pixels, size, codec) => {
    const picture = ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=25`, '-t', '0.04', '-pix_fmt', pixels]
    const coding = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error']
    const track = readTrack(configOf(enhancedVideo('hvc1', [...picture, ...coding]), 'video'))
    const [width, height] = size.split('x').map(Number)
    expect(track).toMatchObject({ width, height })
    expect(track?.codec).toMatch(codec)
  })
})

describe('the rate and codec of sound', () => {
  it.each<[string, number[], object]>([
    ['AAC-LC', [0x12, 0x10], { timescale: 44_100, codec: 'mp4a.40.2' }],
    ['AAC-LC of 7350 Hz', [0x16, 0x08], { timescale: 7350, codec: 'mp4a.40.2' }],
    ['AAC-LC at a rate of its own', [0x17, 0x80, 0x5d, 0xc0, 0x10], { timescale: 48_000, codec: 'mp4a.40.2' }],
    ['HE-AAC', [0x2b, 0x92, 0x08, 0x00], { timescale: 22_050, codec: 'mp4a.40.5' }],
    ['AAC-ELD', [0xf8, 0xe8, 0x50, 0x00], { timescale: 44_100, codec: 'mp4a.40.39' }],
  ])('are read from %s', (_name, config, track) => {
    expect(readTrack(packet('audio', [0xaf, 0], config))).toMatchObject({ kind: 'audio', ...track })
    expect(readTrack(packet('audio', [0x90], 'mp4a', config))).toMatchObject(track)
  })

  it.each([
    [[0x12, 0x10], 1024],
    [[0x12, 0x14], 960],
    [[0x2b, 0x92, 0x08, 0x00], 1024],
    [[0xf8, 0xe8, 0x40, 0x00], 512],
    [[0xf8, 0xe8, 0x50, 0x00], 480],
  ])('tell how long a frame lasts: %j', (config, ticks) => {
    const track = readTrack(packet('audio', [0xaf, 0], config))
    expect(track?.kind === 'audio' && track.ticksOf(Buffer.alloc(1))).toBe(ticks)
  })

  it.each([
    ['one frame of 10 ms', [0xe0 | 0x10], 480],
    ['one frame of 2.5 ms', [0x80], 120],
    ['one frame of 60 ms', [0x18], 2880],
    ['two frames of 20 ms', [0xf9], 1920],
    ['three frames of 20 ms', [0xfb, 3], 2880],
    ['more frames than there may be', [0xfb, 63], 5760],
    ['nothing', [], 480],
  ])('tell how long a packet of Opus lasts: %s', (_name, bytes, ticks) => {
    const track = readTrack(packet('audio', [0x90], 'Opus', 'OpusHead', [1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0]))
    expect(track?.kind === 'audio' && track.ticksOf(Buffer.from(bytes))).toBe(ticks)
  })

  it('are read from Opus with a channel mapping', () => {
    const mapping = [1, 6, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 1, 4, 2, 0, 4, 1, 2, 3, 5]
    const track = readTrack(packet('audio', [0x90], 'Opus', 'OpusHead', mapping))
    expect(track?.sampleEntry.subarray(-8).toJSON().data).toEqual([4, 2, 0, 4, 1, 2, 3, 5])
  })
})

describe('a frame', () => {
  const nothing = undefined
  it.each<[string, MediaPacket, object | undefined]>([
    ['of H.264', packet('video', [0x27, 1, 0, 0, 80, 9]), { compositionOffset: 80, data: Buffer.from([9]) }],
    ['with a negative offset', packet('video', [0x27, 1, 0xff, 0xff, 0xd8, 9]), { compositionOffset: -40 }],
    ['of enhanced HEVC', packet('video', [0xa1], 'hvc1', [0, 0, 40, 9]), { compositionOffset: 40 }],
    ['of enhanced HEVC without offset', packet('video', [0xa3], 'hvc1', [9]), { compositionOffset: 0 }],
    ['of enhanced AV1', packet('video', [0xa1], 'av01', [9]), { compositionOffset: 0, data: Buffer.from([9]) }],
    ['of AAC', packet('audio', [0xaf, 1, 9]), { data: Buffer.from([9]) }],
    ['of enhanced Opus', packet('audio', [0x91], 'Opus', [9]), { data: Buffer.from([9]) }],
    ['that is empty', packet('audio', [0xaf, 1]), nothing],
    ['that is cut short', packet('video', [0x27, 1, 0]), nothing],
    ['that ends the sequence', packet('video', [0x17, 2, 0, 0, 0]), nothing],
    ['of enhanced metadata', packet('video', [0x94], 'hvc1', [9]), nothing],
    ['of several tracks', packet('video', [0x96, 0x00], 'hvc1', [9]), nothing],
    ['with a modifier', packet('video', [0xa7, 2, 0, 0, 0, 1], 'hvc1', [9]), nothing],
  ])('%s', (_name, given, expected) => {
    if (expected) expect(readFrame(given)).toMatchObject(expected)
    else expect(readFrame(given)).toBeUndefined()
  })
})

describe('a configuration that nobody can use', () => {
  it.each<[string, MediaPacket]>([
    ['of H.264, empty', packet('video', [0x17, 0, 0, 0, 0])],
    ['of H.264 without SPS', packet('video', [0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1f, 0xff, 0xe0, 0])],
    [
      'of H.264, SPS beyond the end',
      packet('video', [0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1f, 0xff, 0xe1, 0xff, 0xff, 0x67]),
    ],
    ['of a codec that MP4 is not written for', packet('video', [0x90], 'vp09', [1, 0, 0, 0])],
    ['of AAC, empty', packet('audio', [0xaf, 0])],
    ['of AAC at a reserved rate', packet('audio', [0xaf, 0, 0x16, 0x90])],
    ['of AAC at one sample a second', packet('audio', [0xaf, 0, 0x17, 0x80, 0, 0, 0x90])],
    ['of AAC that is endless', packet('audio', [0xaf, 0, 0x12, 0x10], Array(100).fill(0))],
    ['of Opus without its magic', packet('audio', [0x90], 'Opus', Array(19).fill(1))],
    ['of Opus without channels', packet('audio', [0x90], 'Opus', 'OpusHead', Array(11).fill(0))],
    ['of AV1 without sequence header', packet('video', [0x90], 'av01', [0x81, 0, 0, 0])],
    ['larger than any', packet('video', [0x17, 0, 0, 0, 0], Array(20_000).fill(1))],
  ])('is none: %s', (_name, config) => {
    expect(readTrack(config)).toBeUndefined()
  })

  it('never throws, whatever is cut off or flipped', () => {
    const tone = ['-f', 'lavfi', '-i', 'sine', '-t', '0.04', '-c:a', 'libopus']
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25', '-t', '0.04']
    const configurations = [
      videoConfig(),
      audioConfig(),
      configOf(enhancedOpus(tone), 'audio'),
      configOf(enhancedVideo('hvc1', [...source, '-c:v', 'libx265', '-x265-params', 'log-level=error']), 'video'),
      configOf(enhancedVideo('av01', [...source, '-c:v', 'libaom-av1', '-cpu-used', '8']), 'video'),
    ]
    for (const { kind, payload } of configurations) {
      for (let at = 1; at < payload.length; at++) {
        readTrack(packet(kind, [...payload.subarray(0, at)]))
        for (const flip of [1, 0x80, 0xff])
          readTrack(
            packet(
              kind,
              [...payload].map((byte, i) => (i === at ? byte ^ flip : byte)),
            ),
          )
      }
    }
  })
})
