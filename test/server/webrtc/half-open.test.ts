import * as native from 'node-datachannel'
import { expect, it } from 'vitest'
import { anEngine, PATIENT } from '../../support/native-peers.ts'
import { type Page, signallingHouseWith } from '../../support/signalling.ts'

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

const PAGES = 10
const STREAMS = 50

it('lets go of 500 negotiations that go no further, and of their memory', async () => {
  const engine = await anEngine({ mostPeers: PAGES * STREAMS })
  const house = await signallingHouseWith(engine, { negotiation: 5000 })
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
  expect(residentMegabytes() - before).toBeLessThan(64)
  expect(house.hub.claim('LiveApp', 'cam-0-0')).toBeDefined()
})

/** Waits until the page has been told the same of each stream. */
async function words(page: Page, expected: string): Promise<void> {
  for (let n = 0; n < STREAMS; n++) expect(await page.word()).toBe(expected)
}

function residentMegabytes(): number {
  return process.memoryUsage.rss() / 2 ** 20
}
