import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it, onTestFinished } from 'vitest'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { spawned } from '../support/clients.ts'
import { live } from '../support/ffmpeg.ts'
import { aFilm } from '../support/film.ts'
import { cpuOfProcess, median, report } from '../support/measure.ts'

const SECONDS = 15
const VIEWERS = Number(process.env.VIEWERS ?? 100)
const STREAMS = 4

/** Share of a core that the daemon takes over some seconds, in per cent. */
async function load(daemon: ServedDaemon): Promise<number> {
  const before = cpuOfProcess(daemon.pid)
  await sleep(SECONDS * 1000)
  return ((cpuOfProcess(daemon.pid) - before) / SECONDS) * 100
}

function viewers(daemon: ServedDaemon, count: number, mode: 'segments' | 'parts'): ChildProcess {
  const url = `${daemon.http}/LiveApp/streams/cam0.m3u8`
  const child = fork(join(import.meta.dirname, 'hls-viewers.js'), [url, String(count), mode])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function figuresOf(child: ChildProcess): Promise<{ bytes: number; delays: number[] }> {
  const answered = once(child, 'message')
  child.send('report')
  const [figures] = (await answered) as [{ bytes: number; delays: number[] }]
  return figures
}

async function withStreams(count: number): Promise<ServedDaemon> {
  const film = await aFilm()
  const daemon = await serve()
  for (let n = 0; n < count; n++) {
    spawned('ffmpeg', [
      ...['-v', 'error', '-re', '-stream_loop', '-1', '-i', film, '-c', 'copy', '-f', 'flv'],
      `${daemon.rtmp}/LiveApp/cam${n}`,
    ])
    await live(daemon, `cam${n}`)
  }
  return daemon
}

it('muxes a stream for little', async () => {
  const daemon = await withStreams(STREAMS)
  const without: number[] = []
  const muxing: number[] = []
  for (let round = 0; round < 3; round++) {
    await daemon.must(['settings', 'set', 'hls', 'demand'])
    // The muxers of the round before stop after their idle time.
    await sleep(35_000)
    without.push(await load(daemon))
    await daemon.must(['settings', 'set', 'hls', 'always'])
    muxing.push(await load(daemon))
  }
  const each = (median(muxing) - median(without)) / STREAMS
  report('CPU of muxing one stream to HLS', `${each.toFixed(2)} % of a core`, '<= 2 %')
})

it.each(['segments', 'parts'] as const)('serves many viewers of %s', async (mode) => {
  const daemon = await withStreams(1)
  await daemon.must(['settings', 'set', 'hls', 'always'])
  await sleep(12_000)
  const idle = await load(daemon)
  const child = viewers(daemon, VIEWERS, mode)
  await sleep(5000)
  await figuresOf(child)
  const busy = await load(daemon)
  const { bytes, delays } = await figuresOf(child)
  const cpu = ((busy - idle) / 100) * SECONDS
  const what = mode === 'parts' ? 'LL-HLS' : 'HLS'
  report(`CPU of ${VIEWERS} viewers of ${what}`, `${(busy - idle).toFixed(1)} % of a core`, '')
  report(`CPU of ${what} per GB`, `${(cpu / (bytes / 1e9)).toFixed(2)} s`, '< that of HTTP-FLV')
  report(`newest media of ${what} behind live, median`, `${median(delays).toFixed(0)} ms`, '')
})
