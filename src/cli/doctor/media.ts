import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findTranscoder } from '../../media/transcode/ffmpeg.ts'
import { type Check, named, reasonOf } from './check.ts'

const run = promisify(execFile)

/** The encoders of the ffmpeg on the PATH; null where there is none. */
export async function ffmpegEncoders(): Promise<ReadonlySet<string> | null> {
  try {
    const { stdout } = await run('ffmpeg', ['-hide_banner', '-encoders'], { timeout: 10_000 })
    return new Set(stdout.split('\n').flatMap((line) => /^ [VAS][.A-Z]{5} (\S+)/.exec(line)?.[1] ?? []))
  } catch {
    return null
  }
}

/** The self-test publishes with it; the media server itself needs none. */
export function checkFfmpeg(encoders: ReadonlySet<string> | null): Check {
  const result = named('ffmpeg', 'media')
  const loss = 'the self-test has nobody to publish'
  if (encoders === null) return result('warn', `no ffmpeg that runs on the PATH: ${loss}`)
  if (!encoders.has('libx264')) return result('warn', `ffmpeg has no encoder libx264: ${loss}`)
  return result('ok', 'ffmpeg can publish')
}

/** Sound gets from RTMP to WebRTC and back by it alone. */
export async function checkTranscoder(): Promise<Check> {
  const result = named('transcoder', 'media')
  const found = await findTranscoder({ log: { warn: () => {} } })
  if (found) return result('ok', `${found.name} turns AAC into Opus and back`)
  return result('warn', 'no ffmpeg with AAC and Opus on the PATH: RTMP is silent over WebRTC, and WebRTC over RTMP')
}

export async function checkWebrtc(): Promise<Check> {
  const result = named('node-datachannel', 'media')
  try {
    await import('node-datachannel')
    return result('ok', 'the WebRTC library loads')
  } catch (error) {
    return result('warn', `no WebRTC: node-datachannel does not load: ${reasonOf(error).split('\n')[0]}`)
  }
}
