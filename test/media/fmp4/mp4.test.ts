import { expect, it } from 'vitest'
import { boxesAt, outline, readBoxes } from '../../support/boxes.ts'
import { demuxed } from '../../support/demuxed.ts'
import { decodedPictures, encoded, probe } from '../../support/media-files.ts'
import { describeWith } from '../../support/programs.ts'

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
    const frames = packets.filter(({ kind, config }) => kind !== 'metadata' && !config)
    expect(video).toHaveLength(100)
    expect(decodedPictures(mp4)).toBe(100)
    expect(video.every(({ duration }) => duration === 0.04)).toBe(true)
    const sounds = frames.filter(({ kind, payload }) => kind === 'audio' && payload.length > 2)
    expect(audio).toHaveLength(sounds.length)
    expect(timeline.of('audio').every(({ duration }) => duration === 1024)).toBe(true)
  })

  it('shows its pictures in the order in which they were taken', () => {
    expect(video.some(({ pts, dts }) => pts > dts + 0.04)).toBe(true)
    const times = video.map(({ pts }) => Math.round(pts * 1000)).sort((a, b) => a - b)
    expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) + 40 * i))
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
