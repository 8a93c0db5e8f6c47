import { expect, it } from 'vitest'
import { boxesAt, outline, readBoxes } from '../../support/boxes.ts'
import { demuxed } from '../../support/demuxed.ts'
import { decodedPictures, encoded, enhancedOpus, enhancedVideo, probe } from '../../support/media-files.ts'
import { describeWith } from '../../support/programs.ts'

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25']

/** Times in whole milliseconds, in the order in which they are shown. */
function shown(times: readonly { readonly pts: number }[]): number[] {
  return times.map(({ pts }) => Math.round(pts * 1000)).sort((a, b) => a - b)
}

function everyFortyMilliseconds(times: readonly number[]): number[] {
  return times.map((_, i) => (times[0] ?? 0) + 40 * i)
}

describeWith(['ffmpeg', 'ffprobe'], 'an MP4 of H.264 with B-frames and AAC', () => {
  const packets = encoded({ seconds: 4 })
  const { timeline } = demuxed(packets)
  const mp4 = timeline.toMp4()
  const { streams, packets: probed } = probe(mp4)
  const video = probed.filter(({ kind }) => kind === 'video')
  const audio = probed.filter(({ kind }) => kind === 'audio')

  it('is described as it was coded', () => {
    expect(timeline.tracks.map(({ codec }) => codec)).toEqual([
      expect.stringMatching(/^avc1\.64[0-9a-f]{4}$/),
      'mp4a.40.2',
    ])
    expect(streams).toMatchObject([
      { codec_name: 'h264', width: 320, height: 180, time_base: '1/90000' },
      { codec_name: 'aac', sample_rate: '44100', channels: 1, time_base: '1/44100' },
    ])
  })

  it('holds every frame, end to end', () => {
    const sounds = packets.filter(({ kind, config, payload }) => kind === 'audio' && !config && payload.length > 2)
    expect(video).toHaveLength(100)
    expect(decodedPictures(mp4)).toBe(100)
    expect(video.every(({ duration }) => duration === 0.04)).toBe(true)
    expect(audio).toHaveLength(sounds.length)
    expect(timeline.of('audio').every(({ duration }) => duration === 1024)).toBe(true)
  })

  it('shows its pictures in the order in which they were taken', () => {
    expect(video.some(({ pts, dts }) => pts > dts + 0.04)).toBe(true)
    expect(shown(video)).toEqual(everyFortyMilliseconds(shown(video)))
  })

  it('has sound and picture as far apart as they were published', () => {
    const firstSound = packets.find(({ kind, config }) => kind === 'audio' && !config)
    const firstPicture = packets.find(({ key }) => key)
    const published = ((firstSound?.dts ?? 0) - (firstPicture?.dts ?? 0)) / 1000
    expect((audio[0]?.dts ?? 0) - (video[0]?.dts ?? 0)).toBeCloseTo(published, 2)
  })

  it('consists of the boxes that fragments need', () => {
    expect(new Set(outline(readBoxes(mp4)))).toEqual(
      new Set([
        ...['ftyp', 'moov', 'moof', 'mdat'],
        ...['mvhd', 'trak', 'mvex', 'mfhd', 'traf'].map((type) => `  ${type}`),
        ...['tkhd', 'mdia', 'trex', 'tfhd', 'tfdt', 'trun'].map((type) => `    ${type}`),
        ...['mdhd', 'hdlr', 'minf'].map((type) => `      ${type}`),
        ...['vmhd', 'smhd', 'dinf', 'stbl'].map((type) => `        ${type}`),
        ...['dref', 'stsd', 'stts', 'stsc', 'stsz', 'stco'].map((type) => `          ${type}`),
      ]),
    )
  })

  it('numbers its fragments', () => {
    const numbers = boxesAt(readBoxes(mp4), 'moof/mfhd').map(({ body }) => body.readUInt32BE(4))
    expect(numbers).toEqual(numbers.map((_, i) => i + 1))
  })
})

describeWith(['ffmpeg', 'ffprobe'], 'an MP4 of Enhanced RTMP', () => {
  it('plays HEVC with B-frames', () => {
    const options = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:bframes=2:b-adapt=0']
    const { timeline } = demuxed(enhancedVideo('hvc1', [...PICTURES, '-t', '1', ...options, '-tag:v', 'hvc1']))
    const mp4 = timeline.toMp4()
    const { streams, packets } = probe(mp4)
    expect(timeline.tracks).toMatchObject([{ codec: 'hvc1.1.6.L60.90', width: 320, height: 180 }])
    expect(streams).toMatchObject([{ codec_name: 'hevc', codec_tag_string: 'hvc1', width: 320, height: 180 }])
    expect(packets.some(({ pts, dts }) => pts !== dts)).toBe(true)
    expect(shown(packets)).toEqual(everyFortyMilliseconds(shown(packets)))
    expect(decodedPictures(mp4)).toBe(25)
  })

  it.each([
    ['yuv420p', 'av01.0.00M.08'],
    ['yuv420p10le', 'av01.0.00M.10'],
  ])('plays AV1 in %s', (pixels, codec) => {
    const options = ['-pix_fmt', pixels, '-c:v', 'libaom-av1', '-cpu-used', '8', '-g', '5']
    const { timeline } = demuxed(enhancedVideo('av01', [...PICTURES, '-t', '0.4', ...options]))
    const mp4 = timeline.toMp4()
    expect(timeline.tracks).toMatchObject([{ codec, width: 320, height: 180 }])
    expect(probe(mp4).streams).toMatchObject([{ codec_name: 'av1', width: 320, height: 180 }])
    expect(decodedPictures(mp4)).toBe(10)
  })

  it.each([['10'], ['20'], ['60']])('plays Opus in frames of %s ms', (length) => {
    const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '2']
    const { timeline } = demuxed(enhancedOpus([...tone, '-c:a', 'libopus', '-ac', '2', '-frame_duration', length]))
    const { streams, packets } = probe(timeline.toMp4())
    expect(timeline.tracks).toMatchObject([{ codec: 'opus' }])
    expect(streams).toMatchObject([{ codec_name: 'opus', sample_rate: '48000', channels: 2 }])
    expect(timeline.of('audio').every(({ duration }) => duration === Number(length) * 48)).toBe(true)
    expect(packets.length).toBeGreaterThanOrEqual(2000 / Number(length))
  })
})
