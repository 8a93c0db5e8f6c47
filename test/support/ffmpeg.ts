import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { type Outcome, outcomeOf } from './amsctl.ts'

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error']

/** A publisher of H.264 and AAC in real time; it runs until killed, or for `seconds`. */
export function publishing(url: string, seconds = 600): { child: ChildProcess; outcome: Promise<Outcome> } {
  return spawned('ffmpeg', [
    ...QUIET,
    '-re',
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'],
    ...['-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-f', 'flv', url],
  ])
}

/** Plays `seconds` of a stream; stdout has a line for each packet, `video` or `audio`. */
export function playing(url: string, seconds = 2): { child: ChildProcess; outcome: Promise<Outcome> } {
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

function spawned(program: string, args: readonly string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { child, outcome: outcomeOf(child) }
}
