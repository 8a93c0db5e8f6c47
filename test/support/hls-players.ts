import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ServedDaemon, type ServeOptions, serve } from './amsctl.ts'
import { type Client, spawned } from './clients.ts'
import { live, packetsOf, playing, publishing } from './ffmpeg.ts'

/** Pictures a second of {@link publishing}. */
export const FRAME_RATE = 25

/** Plays `seconds` of a URL and returns how many pictures came. */
export type Player = (url: string, seconds: number) => Promise<number>

/** The programs that play HLS, by the name of what must be installed. */
export const PLAYERS: Readonly<Record<string, Player>> = {
  ffprobe: async (url, seconds) => packetsOf(await playing(url, seconds).outcome).video,

  ffmpeg: async (url, seconds) => {
    const decoding = ['-nostdin', '-v', 'error', '-progress', 'pipe:1', '-i', url, '-t', String(seconds)]
    return lastNumber(await printed(spawned('ffmpeg', [...decoding, '-f', 'null', '-'])), /^frame=(\d+)$/gm)
  },

  mpv: async (url, seconds) => {
    const silent = ['--no-config', '--vo=null', '--ao=null', `--length=${seconds}`]
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is mpv that fills it in
    const status = '--term-status-msg=frame ${estimated-frame-number}'
    return lastNumber(await printed(spawned('mpv', [...silent, status, url])), /frame (\d+)/g)
  },

  vlc: async (url, seconds) => {
    const directory = await mkdtemp(join(tmpdir(), 'vlc-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    await chmod(directory, 0o777)
    const file = join(directory, 'played.ts')
    const output = `--sout=#std{access=file,mux=ts,dst=${file}}`
    await printed(ordinaryUser('vlc', ['-I', 'dummy', '-q', `--run-time=${seconds}`, output, url, 'vlc://quit']))
    return packetsOf(await playing(file, seconds).outcome).video
  },
}

/** A daemon with token control, on which `cam` is live. */
export async function liveDaemon(options: ServeOptions = {}): Promise<ServedDaemon> {
  const daemon = await serve(options)
  publishing(`${daemon.rtmp}/LiveApp/cam`)
  await live(daemon, 'cam')
  await daemon.enableTokens()
  return daemon
}

/** The address of `cam` with a token that nobody has used. */
export async function hlsUrl(daemon: ServedDaemon): Promise<string> {
  return `${daemon.http}/LiveApp/streams/cam.m3u8?token=${await daemon.mint('cam', 'play')}`
}

/** VLC refuses to be root. */
function ordinaryUser(program: string, args: readonly string[]): Client {
  if (process.getuid?.() !== 0) return spawned(program, args)
  return spawned('runuser', ['-u', 'nobody', '--', program, ...args])
}

async function printed(client: Client): Promise<string> {
  const { stdout, stderr } = await client.outcome
  return stdout + stderr
}

function lastNumber(text: string, pattern: RegExp): number {
  const numbers = [...text.matchAll(pattern)].map(([, digits]) => Number(digits))
  const last = numbers.at(-1)
  if (last === undefined) throw new Error(`no ${pattern} in: ${text}`)
  return last
}
