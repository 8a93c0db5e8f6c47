import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { demuxed } from '../../support/demuxed.ts'
import { fileOf, HlsHouse, linesOf, playlistOf, pushAll, served, urisOf } from '../../support/hls-house.ts'
import { decodedPictures, encoded, enhancedVideo, packetsAt, probe } from '../../support/media-files.ts'
import { describeWith } from '../../support/programs.ts'

const run = promisify(execFile)

/** What ffprobe sees of each packet of a playlist, from its beginning to its end. */
async function probed(url: string) {
  const entries = 'packet=codec_type,pts_time,dts_time'
  const args = ['-v', 'error', '-live_start_index', '0', '-show_entries', entries, '-of', 'json', url]
  const { stdout, stderr } = await run('ffprobe', args)
  const { packets } = JSON.parse(stdout) as { packets: { codec_type: string; pts_time: string; dts_time: string }[] }
  const times = (kind: string) =>
    packets.flatMap((packet) => (packet.codec_type === kind ? Number(packet.pts_time) : []))
  return { video: times('video'), audio: times('audio'), errors: stderr }
}

/** Greatest distance between neighbours, in the order in which they are shown. */
function greatestStep(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return Math.max(...sorted.slice(1).map((time, i) => time - (sorted[i] ?? 0)))
}

describeWith(['ffmpeg', 'ffprobe'], 'ffmpeg', () => {
  const packets = encoded({ seconds: 9 })

  it('plays a stream with B-frames to its end, every picture and sound', async () => {
    const { publication, stream } = new HlsHouse().watched()
    pushAll(publication, packets)
    publication.end()
    const { video, audio, errors } = await probed(await served(stream))
    expect(errors).toBe('')
    expect(video).toHaveLength(225)
    expect(greatestStep(video)).toBeCloseTo(0.04, 3)
    expect(audio).toHaveLength(
      packets.filter(({ kind, config, payload }) => kind === 'audio' && !config && payload.length > 2).length,
    )
    expect(greatestStep(audio)).toBeLessThan(0.024)
    const { timeline } = demuxed(packets)
    const offset = (timeline.of('video')[0]?.compositionOffset ?? 0) / 90_000
    const apart = (timeline.of('audio')[0]?.dts ?? 0) / 44_100 - offset
    expect(Math.min(...audio) - Math.min(...video)).toBeCloseTo(apart, 3)
  })

  it('decodes init and segments as one file, and as parts', async () => {
    const { publication, stream } = new HlsHouse().watched()
    pushAll(publication, packets)
    const playlist = await playlistOf(stream)
    const init = await fileOf(stream, linesOf(playlist, '#EXT-X-MAP:URI="')[0]?.slice(0, -1) ?? '')
    const segments = await Promise.all(urisOf(playlist).map((name) => fileOf(stream, name)))
    expect(decodedPictures(Buffer.concat([init, ...segments]))).toBe(200)
    const names = [...playlist.matchAll(/URI="(part-[^"]+)"/g)].flatMap(([, name]) => name ?? [])
    const parts = await Promise.all(
      names
        .filter((name) => playlist.includes(`"${name}"`))
        .slice(0, -1)
        .map((name) => fileOf(stream, name)),
    )
    expect(decodedPictures(Buffer.concat([init, ...parts]))).toBeGreaterThan(150)
    const first = segments[0]
    if (first)
      expect(probe(Buffer.concat([init, first])).packets.filter(({ kind }) => kind === 'video')).toHaveLength(50)
  })

  it('plays on while the stream goes on', async () => {
    const { publication, stream } = new HlsHouse().watched()
    const [early, late] = [packets.filter(({ dts }) => dts < 7000), packets.filter(({ dts }) => dts >= 7000)]
    pushAll(publication, early)
    const ended = probed(
      await served(stream, {
        onPlaylist: () => {
          pushAll(publication, late.splice(0))
          publication.end()
        },
      }),
    )
    expect((await ended).video).toHaveLength(225)
  })

  it('plays on with another publisher of another size', async () => {
    const house = new HlsHouse({ grace: 60 })
    const { publication, stream } = house.watched()
    pushAll(publication, packets)
    publication.lose()
    const next = house.publish()
    pushAll(next, encoded({ seconds: 5, picture: 'testsrc2=size=640x360:rate=25' }))
    next.end()
    const { video } = await probed(await served(stream))
    expect(video).toHaveLength(350)
    expect(greatestStep(video)).toBeLessThan(0.5)
    const { stderr } = await run('ffmpeg', ['-v', 'error', '-xerror', '-i', await served(stream), '-f', 'null', '-'])
    expect(stderr).toBe('')
  })

  it.each([
    ['sound', { picture: null }, 0],
    ['pictures', { tone: null }, 225],
  ])('plays a stream of %s alone', async (_name, without, pictures) => {
    const { publication, stream } = new HlsHouse().watched()
    const options = ['-g', '50', '-preset', 'veryfast', '-bf', '0']
    pushAll(
      publication,
      encoded({ seconds: 9, options: pictures ? ['-c:v', 'libx264', ...options] : ['-c:a', 'aac'], ...without }),
    )
    publication.end()
    const { video, audio } = await probed(await served(stream))
    expect(video).toHaveLength(pictures)
    expect(audio.length > 0).toBe(pictures === 0)
  })

  it('plays HEVC', async () => {
    const { publication, stream } = new HlsHouse().watched()
    const coding = [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=error:keyint=50',
      '-tag:v',
      'hvc1',
    ]
    pushAll(
      publication,
      enhancedVideo('hvc1', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-t', '5', ...coding]),
    )
    publication.end()
    expect(stream.master('')).toContain('CODECS="hvc1.1.6.L60.90"')
    expect((await probed(await served(stream))).video).toHaveLength(125)
  })

  it('plays across the end of 32 bits', async () => {
    const { publication, stream } = new HlsHouse().watched()
    pushAll(publication, packetsAt(packets, 2 ** 32 - 4500))
    publication.end()
    const { video } = await probed(await served(stream))
    expect(video).toHaveLength(225)
    expect(greatestStep(video)).toBeCloseTo(0.04, 3)
  })
})
