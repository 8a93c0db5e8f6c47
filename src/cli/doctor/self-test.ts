import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Daemon } from '../../daemon/daemon.ts'
import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { Log } from '../../services/log.ts'
import { connectDaemon } from '../daemon-client.ts'
import { interruptible } from '../interruptible.ts'
import { type Check, named, reasonOf } from './check.ts'

const APP = 'LiveApp'
const STREAM = 'doctor'
const PATIENCE: Milliseconds = 30_000
const RETRY: Milliseconds = 100
const HOST = '127.0.0.1'
const result = named('self-test', 'self-test')

/** Publishes and plays with one-time tokens on a daemon of its own, which leaves nothing behind, not even at Ctrl-C. */
export async function selfTest(encoders: ReadonlySet<string> | null): Promise<Check> {
  if (!encoders?.has('libx264')) return result('skip', 'needs an ffmpeg with libx264 on the PATH to publish with')
  return interruptible(tryPrivately)
}

async function tryPrivately(stop: AbortSignal): Promise<Check> {
  const directory = await mkdtemp(join(tmpdir(), 'amsctl-doctor-'))
  try {
    const daemon = await startPrivately(join(directory, 'data'))
    try {
      return await tryTokens(daemon, join(directory, 'data'), stop)
    } finally {
      await daemon.close()
    }
  } catch (error) {
    return result('fail', reasonOf(error))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function startPrivately(dataDir: string): Promise<Daemon> {
  const { startDaemon } = await import('../../daemon/daemon.ts')
  const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
  return startDaemon({
    dataDir,
    store: null,
    node: 'doctor',
    host: HOST,
    rtmpPort: 0,
    httpPort: 0,
    rtmpsPort: 0,
    httpsPort: 0,
    tls: null,
    apps: [APP],
    mediaDir: join(dataDir, 'streams'),
    record: 'off',
    latency: 50,
    panel: false,
    webrtc: { port: 0, publicAddress: undefined, iceServers: [] },
    log: silent,
  })
}

async function tryTokens(daemon: Daemon, dataDir: string, stop: AbortSignal): Promise<Check> {
  const { rtmp, http } = daemon.status().listen
  const mint = await mintTokens(dataDir)
  const publisher = publish(`rtmp://${HOST}:${rtmp?.port}/${APP}/${STREAM}?token=${mint.publish}`)
  try {
    const bare = `http://${HOST}:${http?.port}/${APP}/streams/${STREAM}.flv`
    const open = await play(bare, stop)
    if (open.status !== 401) return result('fail', `playing without a token answered ${open.status}, not 401`)
    const address = `${bare}?token=${mint.play}`
    const first = await playWhenLive(address, stop)
    if (first.status === 404) return result('fail', 'what ffmpeg published with a token did not become live')
    if (first.status !== 200) return result('fail', `playing with a token answered ${first.status}, not 200`)
    if (first.magic !== 'FLV') return result('fail', 'what a token opened does not begin like FLV')
    const again = await play(address, stop)
    if (again.status !== 403) return result('fail', `the same token a second time answered ${again.status}, not 403`)
    return result('ok', 'a token published, a token played, and was refused the second time')
  } finally {
    await publisher.stop()
  }
}

async function mintTokens(dataDir: string): Promise<Record<TokenType, string>> {
  const connection = await connectDaemon(dataDir)
  if (!connection) throw new Error('the daemon of the self-test does not answer on its control socket')
  const { daemon, close } = connection
  try {
    await daemon.setTokenControl({ enable: true, types: ['publish', 'play'], kick: false })
    const secret = async (type: TokenType) => {
      const [token] = await daemon.createTokens({ app: APP, streamId: STREAM, type })
      return token?.tokenId ?? ''
    }
    return { publish: await secret('publish'), play: await secret('play') }
  } finally {
    await close()
  }
}

function publish(url: string): { stop(): Promise<void> } {
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=15', '-t', '30']
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '15', '-f', 'flv']
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'quiet']
  const child = spawn('ffmpeg', [...quiet, ...source, ...encoding, url], { stdio: 'ignore' })
  // Listened to from the start: it may end before it is stopped.
  const gone = once(child, 'close').catch(() => undefined)
  return {
    stop: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

interface Answer {
  readonly status: number
  /** The first three bytes of a body that was let through. */
  readonly magic: string
}

/** A stream that is not live yet is 404 and costs the token nothing. */
async function playWhenLive(address: string, stop: AbortSignal): Promise<Answer> {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const answer = await play(address, stop)
    if (answer.status !== 404 || Date.now() > deadline) return answer
    await sleep(RETRY, undefined, { signal: stop })
  }
}

async function play(address: string, stop: AbortSignal): Promise<Answer> {
  const enough = new AbortController()
  const signal = AbortSignal.any([stop, enough.signal, AbortSignal.timeout(PATIENCE)])
  const response = await fetch(address, { signal })
  try {
    const first = response.ok ? await response.body?.getReader().read() : undefined
    return { status: response.status, magic: Buffer.from(first?.value ?? []).toString('latin1', 0, 3) }
  } finally {
    enough.abort()
  }
}
