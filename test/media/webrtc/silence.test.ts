import { expect, it, onTestFinished } from 'vitest'
import type { LiveStream } from '../../../src/media/ports.ts'
import { writeRtp } from '../../../src/media/rtp/packet.ts'
import { anEngine, PATIENT, reportOf, watch, watchFromProcess } from '../../support/native-peers.ts'

const SILENCE = 1000
/** For another process, which the machine may let wait. */
const LONG_SILENCE = 6000
const stream: LiveStream = {
  videoCodec: 'H264',
  audioCodec: null,
  attach: () => () => {},
  join: () => ({ bytes: 0, leave() {} }),
}

/** An engine that sends each viewer a packet every 10 ms while `sending.on`. */
async function aSendingEngine(silence = SILENCE) {
  const sending = { on: true }
  const timers: NodeJS.Timeout[] = []
  const join = ({ send }: { send(packet: Buffer): boolean }) => {
    const seat = { bytes: 0, receive() {}, leave: () => timers.forEach(clearInterval) }
    const packet = (sequenceNumber: number) =>
      writeRtp({ payloadType: 102, ssrc: 1, marker: true, timestamp: 0, sequenceNumber, payload: Buffer.alloc(20) })
    let sent = 0
    const tick = () => {
      if (sending.on && send(packet(sent++))) seat.bytes += 20
    }
    timers.push(setInterval(tick, 10))
    return seat
  }
  const ids = { video: { ssrc: 1, payloadType: 102 }, audio: { ssrc: 2, payloadType: 111 } }
  const engine = await anEngine({ silence }, { viewers: { ...ids, of: () => ({ join }) } })
  return { engine, sending }
}

async function aWatchedViewer() {
  const { engine, sending } = await aSendingEngine()
  const connected = aSignal<void>()
  const gone = aSignal<string>()
  const watching = await watch(engine, { onConnected: connected.resolve, onGone: gone.resolve })
  await connected.promise
  watching.peer.start(stream, () => {})
  await expect.poll(() => watching.peer.bytes(), PATIENT).toBeGreaterThan(0)
  return { ...watching, sending, gone: gone.promise, isThere: () => isPending(gone.promise) }
}

function aSignal<T>() {
  let resolve = (_value: T) => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve: (value: T) => resolve(value) }
}

async function isPending(promise: Promise<unknown>, within = 2 * SILENCE): Promise<boolean> {
  const pending = Symbol()
  return (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, within, pending))])) === pending
}

/** As a machine that is suspended does. */
function standStill(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time)
}

it('takes a viewer for lost that reports nothing of what it is sent', async () => {
  const { gone } = await aWatchedViewer()
  expect(await gone).toBe('failed')
})

it('keeps a viewer that reports what it gets', async () => {
  const { tracks, isThere } = await aWatchedViewer()
  const [track] = tracks
  const report = setInterval(() => track?.isOpen() && track.sendMessageBinary(reportOf(1)), SILENCE / 10)
  onTestFinished(() => clearInterval(report))
  expect(await isThere()).toBe(true)
})

it('waits for no reports while it sends nothing', async () => {
  const { sending, isThere } = await aWatchedViewer()
  sending.on = false
  expect(await isThere()).toBe(true)
})

it('takes a viewer for lost whose process was killed, and no sooner, though it stood still itself', async () => {
  const { engine } = await aSendingEngine(LONG_SILENCE)
  const [connected, gone] = [aSignal<void>(), aSignal<string>()]
  const { child, peer, watches } = await watchFromProcess(engine, {
    onConnected: connected.resolve,
    onGone: gone.resolve,
  })
  await connected.promise
  peer.start(stream, () => {})
  expect(await Promise.race([watches, gone.promise])).toBe('watches')
  standStill(1.2 * LONG_SILENCE)
  expect(await isPending(gone.promise, LONG_SILENCE / 4)).toBe(true)
  child.kill('SIGKILL')
  const killed = performance.now()
  expect(await gone.promise).toBe('failed')
  expect(performance.now() - killed).toBeLessThan(5 * LONG_SILENCE)
})
