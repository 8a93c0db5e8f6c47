import * as native from 'node-datachannel'
import { expect, it } from 'vitest'
import type { PublishingPeer, WebrtcEngine } from '../../../src/media/webrtc/ports.ts'
import { readOffer } from '../../../src/media/webrtc/sdp.ts'
import { readViewerOffer } from '../../../src/media/webrtc/viewer-offer.ts'
import { aClient, anEngine } from '../../support/native-peers.ts'

const AUDIO_SSRC = 8

function opus(mid: string): native.Audio {
  const audio = new native.Audio(mid, 'SendOnly')
  audio.addOpusCodec(111)
  audio.addSSRC(AUDIO_SSRC, 'mic', 'mic', 'mic')
  return audio
}

function picture(mid: string, ssrc: number, codec: 'H264' | 'VP8'): native.Video {
  const video = new native.Video(mid, 'SendOnly')
  if (codec === 'H264') video.addH264Codec(102)
  else video.addVP8Codec(96)
  video.addSSRC(ssrc, `cam${ssrc}`, `cam${ssrc}`, `cam${ssrc}`)
  return video
}

/** Negotiates what `describe` puts into an offer; resolves with the `m=` lines of the answer once connected. */
async function answered(engine: WebrtcEngine, describe: (client: native.PeerConnection) => unknown[]) {
  const client = aClient('publisher')
  const held = describe(client)
  client.setLocalDescription('offer')
  let connect = () => {}
  const connected = new Promise<void>((resolve) => {
    connect = resolve
  })
  const peer: PublishingPeer | undefined = await engine.answerPublisher(client.localDescription()?.sdp ?? '', {
    onCandidate: ({ candidate, mid }) => client.addRemoteCandidate(candidate, mid),
    onConnected: connect,
    onGone: () => {},
  })
  client.setRemoteDescription(peer?.answer ?? '', 'answer')
  await connected
  expect(held).not.toEqual([])
  return [...(peer?.answer.matchAll(/^m=(\w+) (\d+)/gm) ?? [])].map(
    ([, kind, port]) => `${kind} ${port === '0' ? 'refused' : 'taken'}`,
  )
}

it('refuses a section of another codec, and takes the sound beside it', async () => {
  const lines = await answered(await anEngine(), (client) => [
    client.addTrack(picture('0', 7, 'VP8')),
    client.addTrack(opus('1')),
  ])
  expect(lines).toEqual(['video refused', 'audio taken'])
})

it('takes one picture of two', async () => {
  const lines = await answered(await anEngine(), (client) => [
    client.addTrack(picture('0', 7, 'H264')),
    client.addTrack(picture('1', 9, 'H264')),
    client.addTrack(opus('2')),
  ])
  expect(lines).toEqual(['video taken', 'video refused', 'audio taken'])
})

it('takes no data channel', async () => {
  const lines = await answered(await anEngine(), (client) => [
    client.addTrack(picture('0', 7, 'H264')),
    client.createDataChannel('chat'),
  ])
  expect(lines).toEqual(['video taken', 'application refused'])
})

/** An offer as long as they may be, of many lines alike. */
function anOfferOf(line: string): string {
  const head = 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendrecv\r\na=mid:0\r\n'
  const tail = 'a=fmtp:96 packetization-mode=1\r\n'
  return head + `${line}\r\n`.repeat(Math.floor((65_000 - head.length) / (line.length + 2))) + tail
}

/** The least of many: on a busy machine most are waits. */
function msOf(work: () => unknown): number {
  const times = Array.from({ length: 20 }, () => {
    const from = performance.now()
    work()
    return performance.now() - from
  })
  return Math.min(...times)
}

it.each([
  ['publishes', readOffer],
  ['plays', readViewerOffer],
])('reads the offer of who %s in no more time for naming one codec thousands of times', (_, read) => {
  const plain = msOf(() => read(anOfferOf('a=rtpmap:97 VP80/90000')))
  expect(msOf(() => read(anOfferOf('a=rtpmap:96 H264/90000')))).toBeLessThan(plain * 30 + 10)
})
