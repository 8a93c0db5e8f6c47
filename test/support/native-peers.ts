import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import * as native from 'node-datachannel'
import { onTestFinished } from 'vitest'
import { receiverReport } from '../../src/media/rtp/rtcp-writer.ts'
import { createWebrtcEngine, type EngineMedia, type EngineOptions } from '../../src/media/webrtc/engine.ts'
import type { PeerEvents, PublishingPeer, ViewingPeer, WebrtcEngine } from '../../src/media/webrtc/ports.ts'

const IDS = { video: { ssrc: 1, payloadType: 102 }, audio: { ssrc: 2, payloadType: 111 } }

/** For `expect.poll`: threads of the transport have a part in it. */
export const PATIENT = { timeout: 30_000 }

/** An engine on the loopback, or on every address, with no media of its own. */
export async function anEngine(
  { everywhere = false, ...options }: Partial<EngineOptions> & { readonly everywhere?: boolean } = {},
  media: Partial<EngineMedia> = {},
) {
  const viewers = { ...IDS, of: () => ({ join: () => ({ bytes: 0, receive() {}, leave() {} }) }) }
  const makeIngest = () => ({ bytes: 0, receive() {}, tick() {} })
  const engine = await createWebrtcEngine(
    { port: 0, iceServers: [], ...(!everywhere && { bindAddress: '127.0.0.1' }), ...options },
    { makeIngest, viewers, ...media },
  )
  onTestFinished(() => engine.close())
  return engine
}

/** What a page of its own makes of the other side: a real peer connection that sends what the test has it send. */
export function aClient(name: string): native.PeerConnection {
  const client = new native.PeerConnection(name, { iceServers: [], disableAutoNegotiation: name === 'publisher' })
  onTestFinished(() => client.close())
  return client
}

export interface Watching {
  readonly client: native.PeerConnection
  readonly peer: ViewingPeer
  /** Of the client, in the order of the offer. */
  readonly tracks: readonly native.Track[]
}

/** A viewer that negotiates, and uses some of the engine's candidates; what the engine tells goes to `events` too. */
export async function watch(
  engine: WebrtcEngine,
  events: Partial<PeerEvents> = {},
  isUsed: (candidate: string) => boolean = () => true,
): Promise<Watching> {
  const client = aClient('viewer')
  const tracks: native.Track[] = []
  client.onTrack((track) => tracks.push(track))
  const peer = await engine.offerViewer({
    onCandidate: (candidate) => {
      if (isUsed(candidate.candidate)) client.addRemoteCandidate(candidate.candidate, candidate.mid)
      events.onCandidate?.(candidate)
    },
    onConnected: () => events.onConnected?.(),
    onGone: (how) => events.onGone?.(how),
  })
  client.onLocalDescription((sdp) => void peer.acceptAnswer(sdp))
  client.onLocalCandidate((candidate, mid) => peer.addCandidate(candidate, mid))
  client.setRemoteDescription(peer.offer.replace(/^a=candidate.*\r\n/gm, ''), 'offer')
  return { client, peer, tracks }
}

export interface WatchingProcess {
  readonly child: ChildProcess
  readonly peer: ViewingPeer
  /** Resolves with the first packet that the process gets; from then on it reports. */
  readonly watches: Promise<'watches'>
}

/** A viewer in a process of its own. */
export async function watchFromProcess(
  engine: WebrtcEngine,
  events: Omit<PeerEvents, 'onCandidate'>,
): Promise<WatchingProcess> {
  const child = fork(join(import.meta.dirname, 'viewer-process.js'))
  onTestFinished(() => void child.kill('SIGKILL'))
  const peer = await engine.offerViewer({ ...events, onCandidate: (ours) => void child.send(ours) })
  const watches = new Promise<'watches'>((resolve) => {
    child.on('message', ({ answer, candidate, mid }: Partial<Record<string, string>>) => {
      if (answer !== undefined) peer.acceptAnswer(answer)
      else if (candidate !== undefined && mid !== undefined) peer.addCandidate(candidate, mid)
      else resolve('watches')
    })
  })
  const offer = peer.offer.replace(/^a=candidate.*\r\n/gm, '')
  child.send({ offer, report: [...reportOf(IDS.video.ssrc)] })
  return { child, peer, watches }
}

export interface PublishingClient {
  readonly client: native.PeerConnection
  readonly peer: PublishingPeer
  readonly track: native.Track
}

/** A publisher of one H.264 track, SSRC 7. */
export async function publish(engine: WebrtcEngine, events: Partial<PeerEvents> = {}): Promise<PublishingClient> {
  const client = aClient('publisher')
  const media = new native.Video('0', 'SendOnly')
  media.addH264Codec(102)
  media.addSSRC(7, 'cam', 'cam', 'cam')
  const track = client.addTrack(media)
  client.setLocalDescription('offer')
  const peer = await engine.answerPublisher(client.localDescription()?.sdp ?? '', {
    onCandidate: (candidate) => {
      client.addRemoteCandidate(candidate.candidate, candidate.mid)
      events.onCandidate?.(candidate)
    },
    onConnected: () => events.onConnected?.(),
    onGone: (how) => events.onGone?.(how),
  })
  if (!peer) throw new Error('the offer was refused')
  client.setRemoteDescription(peer.answer, 'answer')
  return { client, peer, track }
}

/** A receiver report that tells of one source: without that, the transport would not know whose it is. */
export function reportOf(ssrc: number): Buffer {
  const nothing = { packetsLost: 0, highestSequence: 0, jitter: 0, lastSenderReport: 0, delaySinceLast: 0 }
  return receiverReport(9, [{ ssrc, fractionLost: 0, ...nothing }])
}
