import * as native from 'node-datachannel'
import { expect, it } from 'vitest'
import { HalfOpen } from '../../../src/server/webrtc/half-open.ts'
import { GOOD_SDP } from '../../support/fake-webrtc.ts'
import { anEngine, PATIENT } from '../../support/native-peers.ts'
import { aSignallingHouse, type Page, signallingHouseWith } from '../../support/signalling.ts'

/** The offer of a publisher that does nothing more. */
function anOffer(): string {
  const client = new native.PeerConnection('publisher', { iceServers: [], disableAutoNegotiation: true })
  const media = new native.Video('0', 'SendOnly')
  media.addH264Codec(102)
  media.addSSRC(7, 'cam', 'cam', 'cam')
  client.addTrack(media)
  client.setLocalDescription('offer')
  const { sdp = '' } = client.localDescription() ?? {}
  client.close()
  return sdp
}

it('takes no more peers than it may, says so, tells the log once, and burns nothing', async () => {
  const full: true[] = []
  const engine = await anEngine({ mostPeers: 2, onFull: () => void full.push(true) })
  const house = await signallingHouseWith(engine)
  const page = await house.page()
  for (const streamId of ['a', 'b', 'c', 'd']) house.goLive(streamId)
  const play = async (streamId: string) => {
    page.send({ command: 'play', streamId, token: await house.mint({ streamId }) })
    for (;;) {
      const message = await page.next()
      if (message.command !== 'takeCandidate') return message
    }
  }
  expect([(await play('a')).command, (await play('b')).command]).toEqual(['takeConfiguration', 'takeConfiguration'])
  for (const streamId of ['c', 'd']) {
    const information = expect.stringContaining('no more WebRTC connections')
    expect(await play(streamId)).toMatchObject({ command: 'error', definition: 'not_initialized_yet', information })
  }
  expect(full).toHaveLength(1)
  page.send({ command: 'stop', streamId: 'a' })
  expect((await play('c')).command).toBe('takeConfiguration')
  expect((await house.operations.listTokens({})).map(({ state }) => state)).not.toContain('used')
})

it('takes no more negotiations than it may, of all and of one address: says so, burns nothing, goes on', async () => {
  for (const limits of [{ mostNegotiating: 2 }, { mostOfAddress: 2 }]) {
    const house = await aSignallingHouse(limits)
    const [one, other] = [await house.page(), await house.page()]
    const publish = async (page: Page, streamId: string) => {
      page.send({ command: 'publish', streamId, token: await house.mint({ type: 'publish', streamId }) })
      return page.next()
    }
    expect([(await publish(one, 'a')).command, (await publish(other, 'b')).command]).toEqual(['start', 'start'])
    const information = expect.stringContaining('the token is unspent')
    expect(await publish(other, 'c')).toMatchObject({ definition: 'not_initialized_yet', information })
    const states = async () => (await house.operations.listTokens({})).map(({ state }) => state)
    expect(await states()).toEqual(['active', 'active', 'active'])
    one.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(1)
    expect((await publish(other, 'c')).command).toBe('start')
    other.send({ command: 'takeConfiguration', streamId: 'c', type: 'offer', sdp: GOOD_SDP })
    expect(await other.word()).toBe('takeConfiguration')
    house.engine.publisher.events.onConnected()
    expect(await other.word()).toBe('publish_started')
    expect((await publish(other, 'd')).command).toBe('start')
  }
})

it('counts those of one IPv6 network as one, whoever asks how often', () => {
  const halfOpen = new HalfOpen({ mostOfAddress: 1 })
  const [one, other] = [{}, {}]
  expect(halfOpen.add(one, '2001:db8::1')).toBe(true)
  expect(halfOpen.add(other, '2001:db8::2')).toBe(false)
  expect(halfOpen.add(other, '2001:db8:0:1::2')).toBe(true)
  halfOpen.remove(one)
  halfOpen.remove(one)
  expect(halfOpen.add(one, '2001:db8::3')).toBe(true)
})

const PAGES = 10
const STREAMS = 50

it('lets go of 500 negotiations that go no further, and of their memory', async () => {
  const engine = await anEngine({ mostPeers: PAGES * STREAMS })
  const house = await signallingHouseWith(engine, { negotiation: 15_000, mostOfAddress: PAGES * STREAMS })
  const sdp = anOffer()
  const [token = ''] = (
    await house.operations.createTokens({ app: 'LiveApp', streamId: '*', type: 'publish', uses: null })
  ).map(({ tokenId }) => tokenId)
  /** Half of the pages vanish, the others wait for the end. */
  const round = async () => {
    const pages = await Promise.all(Array.from({ length: PAGES }, () => house.page()))
    const negotiate = async (page: Page, p: number) => {
      const names = Array.from({ length: STREAMS }, (_, n) => `cam-${p}-${n}`)
      for (const streamId of names) page.send({ command: 'publish', streamId, token })
      await words(page, 'start')
      for (const streamId of names) page.send({ command: 'takeConfiguration', streamId, type: 'offer', sdp })
      await words(page, 'takeConfiguration')
      if (p % 2 === 0) page.socket.terminate()
      else await words(page, 'publishTimeoutError')
      page.socket.terminate()
    }
    await Promise.all(pages.map(negotiate))
    await expect.poll(() => house.signalling?.size, PATIENT).toBe(0)
  }
  await round()
  const before = residentMegabytes()
  await round()
  await expect.poll(() => residentMegabytes() - before, PATIENT).toBeLessThan(64)
  expect(house.hub.claim('LiveApp', 'cam-0-0')).toBeDefined()
})

/** Waits until the page has been told the same of each stream. */
async function words(page: Page, expected: string): Promise<void> {
  for (let n = 0; n < STREAMS; n++) expect(await page.word()).toBe(expected)
}

function residentMegabytes(): number {
  return process.memoryUsage.rss() / 2 ** 20
}
