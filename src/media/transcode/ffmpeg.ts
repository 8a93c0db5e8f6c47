import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DeferredTranscoding, hasFfmpeg } from './deferred.ts'
import { DIRECTIONS } from './direction.ts'
import type { Sound, Transcoding } from './ports.ts'
import { ProgramTranscoder, type TranscodeLog } from './transcoder.ts'

const run = promisify(execFile)
const FIND_WITHIN = 10_000
/** Nothing is looked at ahead, nor gathered on the way. `-fflags nobuffer` would lose the frames that are looked at. */
const AT_ONCE = ['-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0']
const STEREO = ['-vn', '-ar', '48000', '-ac', '2', '-threads', '1', '-flush_packets', '1']
/** What an ffmpeg encodes with, the better first. */
const ENCODERS: Readonly<Record<Sound, readonly (readonly string[])[]>> = {
  AAC: [['aac', '-profile:a', 'aac_low']],
  Opus: [['libopus'], ['opus', '-strict', 'experimental']],
}

export interface FfmpegOptions {
  readonly log: TranscodeLog
  /** Found on the PATH. */
  readonly program?: string
}

/** Undefined: no ffmpeg. Whether the one that there is can do the work is found out when it first has to. */
export async function deferTranscoder(log: TranscodeLog): Promise<DeferredTranscoding | undefined> {
  return (await hasFfmpeg()) ? new DeferredTranscoding({ log, find: () => findTranscoder({ log }) }) : undefined
}

/** Undefined: no ffmpeg that runs, or none that encodes both. */
export async function findTranscoder({ log, program = 'ffmpeg' }: FfmpegOptions): Promise<Transcoding | undefined> {
  const found = await ask(program)
  if (!found) return undefined
  const { name, encoders } = found
  const [aac, opus] = [encoderOf('AAC', encoders), encoderOf('Opus', encoders)]
  if (!aac || !opus) return undefined
  // With its encoder comes the decoder, which unlike ffmpeg's own conceals.
  const decoders = { AAC: opus[0] === 'libopus' ? ['-c:a', 'libopus'] : [], Opus: [] }
  return {
    name,
    start: (to, onPacket, onGivenUp) => {
      const direction = DIRECTIONS[to]
      const encoder = to === 'AAC' ? aac : opus
      const input = [...AT_ONCE, ...decoders[to], ...direction.input, '-i', 'pipe:0']
      const output = [...STEREO, '-c:a', ...encoder, ...direction.output, 'pipe:1']
      const args = ['-hide_banner', '-nostdin', '-loglevel', 'fatal', ...input, ...output]
      return new ProgramTranscoder({ program, args, direction, log, onPacket, onGivenUp })
    },
  }
}

async function ask(program: string): Promise<{ name: string; encoders: ReadonlySet<string> } | undefined> {
  try {
    // Its banner, on stderr, has the version.
    const { stdout, stderr } = await run(program, ['-encoders'], { timeout: FIND_WITHIN })
    const number = /^ffmpeg version n?(\d+(?:\.\d+)*|\S+)/.exec(stderr)?.[1] ?? 'of unknown version'
    return { name: `ffmpeg ${number}`, encoders: new Set(stdout.match(/(?<=^ A[.A-Z]{5} )\S+/gm)) }
  } catch {
    return undefined
  }
}

function encoderOf(sound: Sound, known: ReadonlySet<string>): readonly string[] | undefined {
  return ENCODERS[sound].find(([name]) => name !== undefined && known.has(name))
}
