import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll } from 'vitest'
import type { StreamView } from '../../src/services/daemon-operations.ts'
import type { Outcome, ServedDaemon } from './amsctl.ts'
import { type Client, spawned } from './clients.ts'
import { eventually } from './eventually.ts'

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error']

/** A publisher of H.264 and AAC in real time; it runs until killed, or for `seconds`. */
export function publishing(url: string, seconds = 600, more: readonly string[] = []): Client {
  return spawned('ffmpeg', publisherArguments(url, seconds, more))
}

/** Within `describe`: a publisher for its tests, once {@link sharedPublisher.start} is called. */
export function sharedPublisher(): { start(url: string): void } {
  let child: ChildProcess | undefined
  afterAll(() => void child?.kill('SIGKILL'))
  return {
    start: (url) => {
      child = spawn('ffmpeg', publisherArguments(url), { stdio: 'ignore' })
    },
  }
}

function publisherArguments(url: string, seconds = 600, more: readonly string[] = []): string[] {
  return [
    ...QUIET,
    '-re',
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'],
    ...['-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', ...more, '-f', 'flv', url],
  ]
}

/** Plays `seconds` of a stream; stdout has a line for each packet, `video` or `audio`. */
export function playing(url: string, seconds = 2): Client {
  const entries = ['-show_entries', 'packet=codec_type', '-of', 'csv=p=0']
  return spawned('ffprobe', ['-v', 'error', '-read_intervals', `%+${seconds}`, ...entries, url])
}

/** How many packets of each kind `playing` saw. */
export function packetsOf({ stdout }: Outcome): { video: number; audio: number } {
  const lines = stdout.split('\n')
  return {
    video: lines.filter((line) => line.startsWith('video')).length,
    audio: lines.filter((line) => line.startsWith('audio')).length,
  }
}

/** Waits until the daemon has the stream and returns what it tells of it. */
export function live(daemon: ServedDaemon, streamId: string, state = 'live'): Promise<StreamView> {
  return eventually(async () => {
    const streams = await daemon.ask((operations) => operations.listStreams())
    return streams.find((stream) => stream.streamId === streamId && stream.state === state)
  })
}

/** The same with pictures: on a busy machine the camera of a browser begins seconds after its microphone. */
export function liveWithPictures(daemon: ServedDaemon, streamId: string): Promise<StreamView> {
  return eventually(async () => {
    const stream = await live(daemon, streamId)
    return stream.videoCodec === null ? undefined : stream
  })
}
