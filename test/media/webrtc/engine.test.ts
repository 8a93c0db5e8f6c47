import { describe, expect, it } from 'vitest'
import type { Publication } from '../../../src/media/ports.ts'
import { readRtcp } from '../../../src/media/rtp/rtcp-reader.ts'
import { pli } from '../../../src/media/rtp/rtcp-writer.ts'
import { usableCandidate } from '../../../src/media/webrtc/candidates.ts'
import type { PeerEvents, WebrtcEngine } from '../../../src/media/webrtc/ports.ts'
import { anEngine, PATIENT, publish, watch } from '../../support/native-peers.ts'

const PUBLICATION: Publication = { start() {}, push() {}, end() {}, lose() {}, release() {} }
const STREAM = { videoCodec: null, audioCodec: null, attach: () => () => {}, join: () => ({ bytes: 0, leave() {} }) }

/** Resolves with what `connect` made once it is connected; rejects where that fails. */
async function connected<T>(connect: (events: Partial<PeerEvents>) => Promise<T>): Promise<T> {
  let made: Promise<T> | undefined
  await new Promise<void>((resolve, reject) => {
    made = connect({ onConnected: resolve, onGone: (how) => reject(new Error(how)) })
    made.catch(reject)
  })
  if (made === undefined) throw new Error('nothing was made')
  return made
}

const aViewerOf = (engine: WebrtcEngine, isUsed?: (candidate: string) => boolean) =>
  connected((events) => watch(engine, events, isUsed))

describe('the WebRTC engine', () => {
  it('connects a viewer on one loopback port', async () => {
    await aViewerOf(await anEngine())
  })

  it('is reached over loopback where it listens on every address', async () => {
    await aViewerOf(await anEngine({ everywhere: true }), (candidate) => candidate.includes(' 127.0.0.1 '))
  })

  it('answers a publisher with recvonly, and connects', async () => {
    const engine = await anEngine()
    const { peer } = await connected((events) => publish(engine, events))
    expect(peer.answer).toContain('a=recvonly')
  })

  it('takes a publisher for lost that sends nothing any more', async () => {
    const engine = await anEngine({ silence: 300 })
    const how = await new Promise<string>((resolve, reject) => {
      const publishing = publish(engine, {
        onConnected: () => void publishing.then(({ peer }) => peer.start(PUBLICATION)),
        onGone: resolve,
      })
      publishing.catch(reject)
    })
    expect(how).toBe('failed')
  })

  it("hands a viewer's wish for a key frame to its stream", async () => {
    const got: Buffer[] = []
    const seat = { bytes: 0, receive: (rtcp: Buffer) => void got.push(rtcp), leave() {} }
    const ids = { video: { ssrc: 1, payloadType: 102 }, audio: { ssrc: 2, payloadType: 111 } }
    const engine = await anEngine({}, { viewers: { ...ids, of: () => ({ join: () => seat }) } })
    const { peer, tracks } = await aViewerOf(engine)
    peer.start(STREAM, () => {})
    await expect
      .poll(() => tracks[0]?.sendMessageBinary(pli(9, 1)) && got.flatMap(readRtcp), PATIENT)
      .toContainEqual({ kind: 'pli', mediaSsrc: 1 })
  })

  it('refuses what is no offer', async () => {
    const events = { onCandidate() {}, onConnected() {}, onGone() {} }
    const engine = await anEngine()
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
