import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../../src/media/hub.ts'
import { parsePacket } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { H264Depacketizer } from '../../../src/media/rtp/h264.ts'
import { isRtcp, type RtpPacket, readRtp } from '../../../src/media/rtp/packet.ts'
import type { SenderReport } from '../../../src/media/rtp/rtcp.ts'
import { readRtcp } from '../../../src/media/rtp/rtcp-reader.ts'
import { opusFrame, opusHeader } from '../../../src/media/rtp/tags.ts'
import { findTranscoder } from '../../../src/media/transcode/ffmpeg.ts'
import { AUDIO, VIDEO } from '../../../src/media/webrtc/outlet.ts'
import { Outlets } from '../../../src/media/webrtc/outlets.ts'
import { standingClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { FlvReader, packetOf } from '../../support/flv.ts'
import { describeWith } from '../../support/programs.ts'
import { beepsIn } from '../../support/sound.ts'

/** Of sound in a packet, in milliseconds. */
const FRAME = 20
const SECONDS = 4
const MOMENTS = [1, 2.4, 3.32]
const START_CODE = Buffer.from([0, 0, 0, 1])

/** White pictures and a tone at the same moments, in real time, as FLV. */
function clapping(): ChildProcessWithoutNullStreams {
  const clap = MOMENTS.map((at) => `between(t,${at},${at + 0.1})`).join('+')
  const tone = `aevalsrc='(${clap})*0.5*sin(2*PI*1000*t)':s=44100:d=${SECONDS}`
  const picture = `color=black:s=64x64:r=25:d=${SECONDS},drawbox=c=white:t=fill:enable='${clap}'`
  const child = spawn('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-ac', '2', '-flush_packets', '1', '-f', 'flv', 'pipe:1'],
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

class Receiver {
  readonly rtp: RtpPacket[] = []
  readonly reports: SenderReport[] = []

  send(data: Buffer): boolean {
    if (!isRtcp(data)) this.rtp.push(...[readRtp(data)].filter((packet) => packet !== undefined))
    else for (const message of readRtcp(data)) if (message.kind === 'sender-report') this.reports.push(message)
    return true
  }

  onEnd(): void {}

  packetsOf({ ssrc }: { readonly ssrc: number }): RtpPacket[] {
    return this.rtp.filter((packet) => packet.ssrc === ssrc)
  }

  /** The time of the day (ms) that a timestamp stands for, as the track's last report tells. */
  wallOf({ ssrc }: { readonly ssrc: number }, timestamp: number, ticks: number): number {
    const report = this.reports.findLast((one) => one.ssrc === ssrc)
    if (!report) throw new Error('no report')
    return (Number(report.ntp) / 2 ** 32) * 1000 + ((timestamp - report.rtpTimestamp) >> 0) / ticks
  }
}

/** When it turns white. */
function flashesIn(receiver: Receiver): number[] {
  const depacketizer = new H264Depacketizer()
  const pictures: { units: Buffer[]; timestamp: number }[] = []
  for (const packet of receiver.packetsOf(VIDEO)) {
    const units = depacketizer.push(packet)
    if (units) pictures.push({ units, timestamp: packet.timestamp })
  }
  const input = Buffer.concat(pictures.flatMap(({ units }) => units.flatMap((unit) => [START_CODE, unit])))
  const args = ['-loglevel', 'error', '-f', 'h264', '-i', 'pipe:0', '-vsync', '0', '-vf', 'scale=1:1']
  const { stdout } = spawnSync('ffmpeg', [...args, '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'], { input })
  expect(stdout).toHaveLength(pictures.length)
  const white = (index: number) => (stdout[index] ?? 0) > 128
  const turns = pictures.filter((_, index) => white(index) && !white(index - 1))
  return turns.map(({ timestamp }) => receiver.wallOf(VIDEO, timestamp, 90))
}

function beepsOf(receiver: Receiver): number[] {
  const received = receiver.packetsOf(AUDIO)
  const packets = [opusHeader(), ...received.map(({ payload }) => opusFrame(payload))].flatMap((body): MediaPacket[] =>
    [parsePacket('audio', 0, body)].filter((packet) => packet !== undefined),
  )
  // A machine that stood still leaves a gap, which the decoded sound lacks.
  return beepsIn(packets).map((at) => {
    const timestamp = received[Math.floor(at / FRAME)]?.timestamp ?? Number.NaN
    return receiver.wallOf(AUDIO, timestamp, 48) + (at % FRAME)
  })
}

describeWith(['ffmpeg'], 'lips and voice of an RTMP publisher over WebRTC', () => {
  it('are together by what the sender reports tell', async () => {
    const hub = createHub({ latency: 50, publisherGrace: () => 0 })
    onTestFinished(() => hub.close())
    const publication = hub.claim('LiveApp', 'cam')
    publication?.start({ protocol: 'rtmp', address: '127.0.0.1' })
    const stream = hub.find('LiveApp', 'cam')
    if (!publication || !stream) throw new Error('cam is not live')
    // Sound that a transcoder is late with is dropped.
    standingClock()
    const outlet = new Outlets(await findTranscoder({ log: { warn: () => {} } })).of(stream)
    const receiver = new Receiver()
    const seat = outlet.join(receiver)
    const flv = new FlvReader()
    const child = clapping()
    child.stdout.on('data', (data: Buffer) => {
      flv.push(data)
      for (const tag of flv.tags.splice(0)) publication.push(packetOf(tag))
    })
    await once(child, 'close')
    const samples = () => {
      const packets = receiver.packetsOf(AUDIO)
      return ((packets.at(-1)?.timestamp ?? 0) - (packets[0]?.timestamp ?? 0)) / 48
    }
    await eventually(() => samples() > (SECONDS - 0.3) * 1000 || undefined)
    seat.leave()
    const [flashes, beeps] = [flashesIn(receiver), beepsOf(receiver)]
    expect(flashes).toHaveLength(MOMENTS.length)
    expect(beeps).toHaveLength(MOMENTS.length)
    for (const [index, flash] of flashes.entries()) expect(Math.abs((beeps[index] ?? 0) - flash)).toBeLessThan(60)
  })
})
