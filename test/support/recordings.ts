import { readFile } from 'node:fs/promises'
import { type Client, spawned } from './clients.ts'

/** How many frames of each kind a decoder gets out of a file or URL, without a word of complaint but at a torn end. */
export async function framesOf(source: string): Promise<{ video: number; audio: number }> {
  const entries = ['-count_frames', '-show_entries', 'stream=codec_type,nb_read_frames', '-of', 'csv=p=0']
  const lines = (await printed(spawned('ffprobe', ['-v', 'fatal', ...entries, source]))).trim().split('\n')
  const count = (kind: string) => Number(lines.find((line) => line.startsWith(`${kind},`))?.split(',')[1] ?? 0)
  return { video: count('video'), audio: count('audio') }
}

/** In seconds, as a player tells it. */
export async function durationOf(source: string): Promise<number> {
  const entries = ['-show_entries', 'format=duration', '-of', 'csv=p=0']
  return Number(await printed(spawned('ffprobe', ['-v', 'error', ...entries, source])))
}

/** What a player tells of the tracks; durations in seconds. */
export async function tracksOf(source: string) {
  const entries = ['-show_entries', 'stream=codec_type,codec_name,width,height,duration', '-of', 'json']
  const { streams } = JSON.parse(await printed(spawned('ffprobe', ['-v', 'error', ...entries, source]))) as {
    streams: { codec_type: string; codec_name: string; width?: number; height?: number; duration: string }[]
  }
  const of = (kind: string) => {
    const found = streams.find(({ codec_type }) => codec_type === kind)
    if (!found) return undefined
    return { codec: found.codec_name, width: found.width, height: found.height, duration: Number(found.duration) }
  }
  return { video: of('video'), audio: of('audio') }
}

/** The times, in seconds, of the first `count` pictures that a player shows after a seek to `from`. */
export async function picturesFrom(url: string, from: number, count: number): Promise<number[]> {
  const seek = ['-copyts', '-ss', String(from), '-i', url, '-frames:v', String(count), '-map', '0:v']
  const text = await printed(spawned('ffmpeg', ['-nostdin', '-v', 'error', ...seek, '-f', 'framecrc', '-']))
  const ticks = [...text.matchAll(/^0,\s*\d+,\s*(\d+),/gm)].map(([, pts]) => Number(pts))
  const rate = Number(/^#tb 0: 1\/(\d+)$/m.exec(text)?.[1])
  return ticks.map((pts) => pts / rate)
}

/** How many key frames the index of a complete recording points at; throws where it points at anything else. */
export async function keyFramesAreIndexed(path: string): Promise<number> {
  const bytes = await readFile(path)
  const index = bytes.indexOf('sidx') - 4
  if (index < 0) throw new Error('no index')
  const end = index + bytes.readUInt32BE(index)
  let target = end + bytes.readUInt32BE(index + 32)
  const references = bytes.readUInt16BE(index + 38)
  for (let reference = 0; reference < references; reference++) {
    if (bytes.toString('latin1', target + 4, target + 8) !== 'moof') throw new Error(`no fragment at ${target}`)
    target += bytes.readUInt32BE(index + 40 + 12 * reference)
  }
  if (target !== bytes.length) throw new Error(`the index ends at ${target} of ${bytes.length}`)
  return references
}

async function printed(client: Client): Promise<string> {
  return (await client.outcome).stdout
}
