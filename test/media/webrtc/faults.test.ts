import { expect, it } from 'vitest'
import { writeRtp } from '../../../src/media/rtp/packet.ts'
import { anEngine, PATIENT, publish, reportOf, watch } from '../../support/native-peers.ts'

const PUBLICATION = { start() {}, push() {}, end() {}, lose() {}, release() {} }
const STREAM = { videoCodec: null, audioCodec: null, attach: () => () => {}, join: () => ({ bytes: 0, leave() {} }) }

function aFault() {
  const faults: string[] = []
  const fail = (what: string) => (): never => {
    throw new Error(what)
  }
  const onFault = (error: unknown) => {
    faults.push(error instanceof Error ? error.message : String(error))
    throw error
  }
  return { fail, onFault, faults: () => [...new Set(faults)].sort() }
}

it('outlives handlers of a publishing peer that throw, each of them', async () => {
  const { fail, faults, onFault } = aFault()
  const makeIngest = () => ({ bytes: 0, receive: fail('media'), tick: fail('tick') })
  const engine = await anEngine({ onFault, silence: 4000 }, { makeIngest })
  const onConnected = () => fail('connected')()
  const { client, peer, track } = await publish(engine, {
    onCandidate: fail('candidate'),
    onConnected,
    onGone: fail('gone'),
  })
  await expect.poll(faults, PATIENT).toContain('connected')
  peer.start(PUBLICATION)
  const media = { payloadType: 102, ssrc: 7, marker: true, timestamp: 0, sequenceNumber: 1, payload: Buffer.alloc(9) }
  await expect.poll(() => track.sendMessageBinary(writeRtp(media)) && faults(), PATIENT).toContain('media')
  client.close()
  await expect.poll(faults, PATIENT).toEqual(['candidate', 'connected', 'gone', 'media', 'tick'])
})

it('outlives handlers of a viewing peer that throw, each of them', async () => {
  const { fail, faults, onFault } = aFault()
  let bytes = 0
  const seat = {
    get bytes() {
      return bytes++
    },
    receive: fail('report'),
    leave: fail('leave'),
  }
  const ids = { video: { ssrc: 1, payloadType: 102 }, audio: { ssrc: 2, payloadType: 111 } }
  const viewers = { ...ids, of: () => ({ join: () => seat }) }
  const engine = await anEngine({ onFault, silence: 4000 }, { viewers })
  const { client, peer, tracks } = await watch(engine, {
    onCandidate: fail('candidate'),
    onConnected: fail('connected'),
    onGone: fail('gone'),
  })
  await expect.poll(faults, PATIENT).toContain('connected')
  peer.start(STREAM, () => {})
  await expect.poll(() => tracks[0]?.sendMessageBinary(reportOf(1)) && faults(), PATIENT).toContain('report')
  client.close()
  await expect.poll(faults, PATIENT).toEqual(['candidate', 'connected', 'gone', 'leave', 'report'])
})
