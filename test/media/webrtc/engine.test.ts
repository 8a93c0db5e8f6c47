import * as native from 'node-datachannel'
import { afterEach, describe, expect, it } from 'vitest'
import type { Publication } from '../../../src/media/ports.ts'
import { usableCandidate } from '../../../src/media/webrtc/candidates.ts'
import { createWebrtcEngine } from '../../../src/media/webrtc/engine.ts'
import type { WebrtcEngine } from '../../../src/media/webrtc/ports.ts'

const video = { ssrc: 1, payloadType: 102 }
const audio = { ssrc: 2, payloadType: 111 }
const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

async function engineAt(bindAddress?: string, silence = 20_000): Promise<WebrtcEngine> {
  const viewers = { video, audio, of: () => ({ join: () => ({ bytes: 0, receive() {}, leave() {} }) }) }
  const makeIngest = () => ({ bytes: 0, receive() {}, tick() {} })
  const engine = await createWebrtcEngine(
    { port: 0, iceServers: [], silence, ...(bindAddress !== undefined && { bindAddress }) },
    { makeIngest, viewers },
  )
  open.push(engine)
  return engine
}

async function connectViewer(engine: WebrtcEngine, useOnly: (candidate: string) => boolean): Promise<void> {
  const client = new native.PeerConnection('viewer', { iceServers: [] })
  open.push(client)
  await new Promise<void>((resolve, reject) => {
    const started = engine.offerViewer({
      onCandidate: ({ candidate, mid }) => {
        if (useOnly(candidate)) client.addRemoteCandidate(candidate, mid)
      },
      onConnected: resolve,
      onGone: (how) => reject(new Error(how)),
    })
    started.then((peer) => {
      client.onLocalDescription((sdp) => void peer.acceptAnswer(sdp))
      client.onLocalCandidate((candidate, mid) => peer.addCandidate(candidate, mid))
      client.setRemoteDescription(peer.offer.replace(/^a=candidate.*\r\n/gm, ''), 'offer')
    }, reject)
  })
}

const PUBLICATION: Publication = { start() {}, push() {}, end() {}, lose() {}, release() {} }

/** Resolves with 'connected', or how the publisher went; `stays`: only with the latter, media having begun. */
async function publish(engine: WebrtcEngine, { stays = false } = {}): Promise<string> {
  const client = new native.PeerConnection('publisher', { iceServers: [], disableAutoNegotiation: true })
  open.push(client)
  const media = new native.Video('0', 'SendOnly')
  media.addH264Codec(102)
  media.addSSRC(7, 'cam', 'cam', 'cam')
  const track = client.addTrack(media)
  client.setLocalDescription('offer')
  const offer = client.localDescription()?.sdp ?? ''
  const how = await new Promise<string>((resolve, reject) => {
    const answered = engine.answerPublisher(offer, {
      onCandidate: ({ candidate, mid }) => client.addRemoteCandidate(candidate, mid),
      onConnected: () => (stays ? void answered.then((peer) => peer?.start(PUBLICATION)) : resolve('connected')),
      onGone: resolve,
    })
    answered.then((peer) => {
      if (peer === undefined) return reject(new Error('refused'))
      expect(peer.answer).toContain('a=recvonly')
      client.setRemoteDescription(peer.answer, 'answer')
    }, reject)
  })
  track.isClosed()
  return how
}

describe('the WebRTC engine', () => {
  it('connects a viewer on one loopback port', async () => {
    await connectViewer(await engineAt('127.0.0.1'), () => true)
  })

  it('is reached over loopback where it listens on every address', async () => {
    await connectViewer(await engineAt(), (candidate) => candidate.includes(' 127.0.0.1 '))
  })

  it('answers a publisher with recvonly, and connects', async () => {
    expect(await publish(await engineAt('127.0.0.1'))).toBe('connected')
  })

  it('takes a publisher for lost that sends nothing any more', async () => {
    expect(await publish(await engineAt('127.0.0.1', 300), { stays: true })).toBe('failed')
  })

  it('refuses what is no offer', async () => {
    const events = { onCandidate() {}, onConnected() {}, onGone() {} }
    const engine = await engineAt('127.0.0.1')
    for (const text of ['', 'v=0', 'v=0\r\nm=video 9 X 1']) {
      expect(await engine.answerPublisher(text, events)).toBeUndefined()
    }
  })
})

it('drops candidates of .local names, of TCP and of nonsense', () => {
  expect(usableCandidate('candidate:1 1 UDP 1 192.0.2.1 9 typ host')).toBe(true)
  expect(usableCandidate('candidate:1 1 UDP 1 a-b.local 9 typ host')).toBe(false)
  expect(usableCandidate('candidate:1 1 TCP 1 192.0.2.1 9 typ host')).toBe(false)
  expect(usableCandidate('nonsense')).toBe(false)
})
