import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it, onTestFinished } from 'vitest'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { spawned } from '../support/clients.ts'
import { live } from '../support/ffmpeg.ts'
import { aFilm } from '../support/film.ts'
import { cpuOfProcess, median, memoryOfProcess, report } from '../support/measure.ts'

const VIEWERS = Number(process.env.VIEWERS ?? 100)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SECONDS = 10
const GB = 1e9

interface Seen {
  readonly bytes: number
  readonly playing: number
}

async function viewers(daemon: ServedDaemon): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'webrtc-viewers.js'), [`${daemon.http}/LiveApp/whep/cam`, `${VIEWERS}`])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [word] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (word !== 'ready') throw new Error('the viewers failed')
  return child
}

async function ask(child: ChildProcess): Promise<Seen> {
  child.send('?')
  const [answer] = (await once(child, 'message')) as [Seen]
  return answer
}

/** Seconds of CPU that the daemon takes over some seconds, and the bytes that a crowd got meanwhile. */
async function load(daemon: ServedDaemon, crowd?: ChildProcess) {
  const [cpu, before] = [cpuOfProcess(daemon.pid), crowd && (await ask(crowd))]
  await sleep(SECONDS * 1000)
  const used = cpuOfProcess(daemon.pid) - cpu
  const after = crowd && (await ask(crowd))
  if (crowd && after?.playing !== VIEWERS) throw new Error(`${after?.playing} of ${VIEWERS} viewers are playing`)
  return { used, bytes: (after?.bytes ?? 0) - (before?.bytes ?? 0) }
}

it(`sends a stream of 2.6 Mbit/s to ${VIEWERS} WebRTC viewers`, async () => {
  const daemon = await serve({ args: ['--webrtc-port', '0'] })
  const input = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', await aFilm()]
  spawned('ffmpeg', [...input, '-c', 'copy', '-f', 'flv', `${daemon.rtmp}/LiveApp/cam`])
  await live(daemon, 'cam')
  await sleep(3000)
  const idle = await load(daemon)
  const crowd = await viewers(daemon)
  await sleep(3000)
  const rounds: Awaited<ReturnType<typeof load>>[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await load(daemon, crowd))
  const used = median(rounds.map((each) => each.used)) - idle.used
  const bytes = median(rounds.map((each) => each.bytes))
  const share = (used / SECONDS) * 100
  const who = `${VIEWERS} WebRTC viewers`
  report(`CPU, ${who}`, `${share.toFixed(1)} % of a core`, '<= 40 %')
  report(`CPU of one of them`, `${(share / VIEWERS).toFixed(2)} % of a core`, 'none')
  report(`CPU for a GB, ${who}`, `${(used / (bytes / GB)).toFixed(2)} s`, 'none')
  report(`what each gets, ${who}`, `${((bytes * 8) / SECONDS / VIEWERS / 1e6).toFixed(2)} Mbit/s`, '2.6 Mbit/s')
  report(`memory, ${who}`, `${memoryOfProcess(daemon.pid).toFixed(0)} MB`, 'none')
})
