import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it, onTestFinished } from 'vitest'
import { mux } from '../../src/media/mux.ts'
import type { MediaPacket } from '../../src/media/ports.ts'
import { serve, temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { FlvReader, packetOf } from '../support/flv.ts'
import { cpuOfProcess, median, memoryOfProcess, report } from '../support/measure.ts'
import { RtmpClient } from '../support/rtmp-client.ts'

const VIEWERS = Number(process.env.VIEWERS ?? 500)
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SECONDS = 10
const STREAM = 'LiveApp/cam'
const GB = 1e9

interface Running {
  readonly name: string
  readonly pid: number
  readonly rtmp: number
  readonly http: number
  stop(): Promise<void>
}

interface Figures {
  readonly cpuPerGb: number
  readonly latency: number
  readonly stalls: number
  readonly memory: number
}

async function amsctl(...args: string[]): Promise<Running> {
  const daemon = await serve({ args })
  const { rtmp, http } = daemon.listen
  const stop = async () => void (await daemon.stop())
  return { name: 'amsctl', pid: daemon.pid, rtmp: rtmp?.port ?? 0, http: http?.port ?? 0, stop }
}

/** As its README starts it, but for ports and the folder for its data. */
async function nodeMediaServer(): Promise<Running> {
  const [rtmp, http] = [await freePort(), await freePort()]
  const directory = await temporaryDirectory()
  const config = { bind: '127.0.0.1', rtmp: { port: rtmp }, http: { port: http }, store: { path: directory } }
  const entry = createRequire(import.meta.url).resolve('node-media-server')
  const script = `new (require(${JSON.stringify(entry)}))(${JSON.stringify(config)}).run()`
  const child = spawn(process.execPath, ['-e', script], { cwd: directory, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const stop = async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  await Promise.all([accepting(rtmp), accepting(http)])
  return { name: 'node-media-server', pid: child.pid ?? 0, rtmp, http, stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (!address || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function accepting(port: number): Promise<void> {
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1')
    const open = await once(socket, 'connect').catch(() => undefined)
    socket.destroy()
    return open
  })
}

/** 20 s of 2.6 Mbit/s, a key frame every 2 s. */
async function recording(): Promise<MediaPacket[]> {
  const file = join(await temporaryDirectory(), 'stream.flv')
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k']
  execFileSync('ffmpeg', [
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=1280x720:r=25,noise=alls=40:allf=t',
      '-f',
      'lavfi',
      '-i',
      'sine',
    ],
    ...[
      '-t',
      '20',
      ...video,
      '-bufsize',
      '2500k',
      '-g',
      '50',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-b:a',
      '128k',
      file,
    ],
  ])
  const reader = new FlvReader()
  reader.push(await readFile(file))
  return reader.tags.map(packetOf).filter(({ payload }) => payload[1] !== 2)
}

/** Publishes the recording over and over, and remembers when it sent what. */
async function publish(port: number, packets: readonly MediaPacket[]): Promise<Map<number, number>> {
  const client = await RtmpClient.at(port)
  client.publish('cam')
  await client.status('NetStream.Publish.Start')
  client.send({ type: 1, channel: 2, streamId: 0, payload: Buffer.from([0, 0, 0xff, 0xff]) })
  const sent = new Map<number, number>()
  const length = (packets.at(-1)?.dts ?? 0) + 40
  const started = performance.now()
  let next = 0
  const timer = setInterval(() => {
    for (const elapsed = performance.now() - started; ; next++) {
      const packet = packets[next % packets.length]
      const dts = (packet?.dts ?? 0) + Math.floor(next / packets.length) * length
      if (!packet || dts > elapsed) return
      if (packet.kind === 'video') sent.set(dts, performance.now())
      client.raw(mux('rtmp', [{ ...packet, dts }]))
    }
  }, 2)
  onTestFinished(() => clearInterval(timer))
  return sent
}

/** One viewer beside the crowd, in the publisher's process and so on its clock: how long each picture took. */
async function watchLatency(port: number, sent: Map<number, number>): Promise<number[]> {
  const response = await fetch(`http://127.0.0.1:${port}/${STREAM}.flv`)
  const latencies: number[] = []
  const reader = new FlvReader()
  const body = response.body?.getReader()
  if (!body) throw new Error('no stream')
  onTestFinished(() => body.cancel().catch(() => {}))
  const read = async () => {
    for (;;) {
      const { done, value } = await body.read()
      if (done) return
      reader.push(value)
      for (const { kind, dts } of reader.tags.splice(0)) {
        const at = kind === 'video' ? sent.get(dts) : undefined
        if (at !== undefined) latencies.push(performance.now() - at)
        sent.delete(dts)
      }
    }
  }
  void read().catch(() => {})
  return latencies
}

async function crowd(format: 'flv' | 'rtmp', server: Running, count: number): Promise<ChildProcess> {
  const port = format === 'rtmp' ? server.rtmp : server.http
  const child = fork(join(import.meta.dirname, 'viewers.js'), [format, String(port), STREAM, String(count)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const ready = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (ready[0] !== 'ready') throw new Error(`viewers of ${server.name} failed`)
  return child
}

interface Seen {
  readonly bytes: number
  readonly stalls: number
  readonly playing: number
}

async function ask(crowds: readonly ChildProcess[]): Promise<Seen> {
  const answers = crowds.map(async (child): Promise<Seen> => {
    child.send('?')
    const [answer] = await once(child, 'message')
    return answer
  })
  const all = await Promise.all(answers)
  const sum = (name: keyof Seen) => all.reduce((total, each) => total + each[name], 0)
  return { bytes: sum('bytes'), stalls: sum('stalls'), playing: sum('playing') }
}

async function measure(server: Running, format: 'flv' | 'rtmp', packets: readonly MediaPacket[]): Promise<Figures> {
  const sent = await publish(server.rtmp, packets)
  await sleep(3000)
  const half = Math.floor(VIEWERS / 2)
  const first = await crowd(format, server, half)
  // In the middle of the crowd, since servers write to one viewer after the other.
  const latencies = await watchLatency(server.http, sent)
  const crowds = [first, await crowd(format, server, VIEWERS - half)]
  await sleep(2000)
  const [cpu, before] = [cpuOfProcess(server.pid), await ask(crowds)]
  const seenBefore = latencies.length
  await sleep(SECONDS * 1000)
  const [used, after] = [cpuOfProcess(server.pid) - cpu, await ask(crowds)]
  const memory = memoryOfProcess(server.pid)
  for (const child of crowds) child.kill('SIGKILL')
  await server.stop()
  if (after.playing !== VIEWERS) throw new Error(`${after.playing} of ${VIEWERS} viewers of ${server.name} are playing`)
  const gigabytes = (after.bytes - before.bytes) / GB
  const latency = median(latencies.slice(seenBefore))
  return { cpuPerGb: used / gigabytes, latency, stalls: after.stalls - before.stalls, memory }
}

describe.each(['flv', 'rtmp'] as const)('fan-out over %s', (format) => {
  it(`to ${VIEWERS} viewers`, async () => {
    const packets = await recording()
    const ours: Figures[] = []
    const stock: Figures[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await measure(await amsctl(), format, packets))
      stock.push(await measure(await nodeMediaServer(), format, packets))
    }
    const of = (figures: readonly Figures[], name: keyof Figures) => median(figures.map((each) => each[name]))
    const ratio = median(ours.map(({ cpuPerGb }, i) => cpuPerGb / (stock[i]?.cpuPerGb ?? Number.NaN)))
    const who = `${format}, ${VIEWERS} viewers`
    report(
      `CPU of amsctl for a GB, ${who}`,
      `${of(ours, 'cpuPerGb').toFixed(2)} s`,
      format === 'flv' ? '<= 1.0 s' : 'none',
    )
    report(`CPU of node-media-server for a GB, ${who}`, `${of(stock, 'cpuPerGb').toFixed(2)} s`, 'none')
    report(`amsctl against node-media-server, ${who}`, `${ratio.toFixed(2)} x`, format === 'flv' ? '<= 0.3 x' : 'none')
    report(
      `latency p50 (node-media-server ${of(stock, 'latency').toFixed(1)} ms), ${who}`,
      `${of(ours, 'latency').toFixed(1)} ms`,
      '<= 30 ms',
    )
    report(`stalls (node-media-server ${of(stock, 'stalls')}), ${who}`, `${of(ours, 'stalls')}`, '0')
    report(
      `memory (node-media-server ${of(stock, 'memory').toFixed(0)} MB), ${who}`,
      `${of(ours, 'memory').toFixed(0)} MB`,
      '<= 110 MB',
    )
  })
})
