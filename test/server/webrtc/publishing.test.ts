import { describe, expect, it } from 'vitest'
import { GOOD_SDP } from '../../support/fake-webrtc.ts'
import { aSignallingHouse } from '../../support/signalling.ts'

const START = { command: 'start', streamId: 'cam', subscriberId: '' }
const offer = (sdp = GOOD_SDP) => ({ command: 'takeConfiguration', streamId: 'cam', type: 'offer', sdp })

describe('publishing', () => {
  it('spends the token when the peer connects, and not before', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.next()).toEqual(START)
    page.send(offer())
    expect(await page.next()).toMatchObject({ command: 'takeConfiguration', type: 'answer', sdp: 'v=0 answer' })
    expect(await page.next()).toMatchObject({ command: 'takeCandidate', label: 0, id: '0', candidate: 'ours' })
    expect(await house.state('publish')).toBe('active')
    expect(house.hub.find('LiveApp', 'cam')).toBeUndefined()
    house.engine.publisher.events.onConnected()
    expect(await page.next()).toMatchObject({ command: 'notification', definition: 'publish_started', streamId: 'cam' })
    expect(await house.state('publish')).toBe('used')
    expect(house.hub.list()).toMatchObject([{ streamId: 'cam', protocol: 'webrtc' }])
  })

  it('ends the stream at `stop`, and the spent token opens nothing more', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onConnected()
    await page.word()
    page.send({ command: 'stop', streamId: 'cam' })
    expect(await page.word()).toBe('publish_finished')
    expect(house.engine.publisher.closed).toBe(true)
    expect(house.hub.list()).toEqual([])
    expect(await page.offer(token)).toBe('unauthorized_access')
  })

  it('gives the name and the token back when nothing connects in time', async () => {
    const house = await aSignallingHouse({ negotiation: 5000 })
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    const first = house.engine.publisher
    expect(await page.word()).toBe('publishTimeoutError')
    expect(first.closed).toBe(true)
    expect(await page.offer(token)).toBe('takeConfiguration')
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
  })

  it.each([
    ['an offer that cannot be used', 'bad', 'notSetRemoteDescription'],
    ['no offer at all', '', 'notSetRemoteDescription'],
  ])('burns nothing on %s', async (_what, sdp, definition) => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    await page.word()
    page.send(offer(sdp))
    expect(await page.word()).toBe(definition)
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('burns nothing where the peer cannot be reached', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onGone('failed')
    expect(await page.word()).toBe('publishTimeoutError')
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('burns nothing where the server stops before the peer connects', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    await page.offer(await house.mint({ type: 'publish' }))
    house.hub.close()
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('not_initialized_yet')
    expect(await house.state('publish')).toBe('active')
    expect(house.engine.publisher).toMatchObject({ started: false, closed: true })
    expect(house.sessions.list()).toEqual([])
  })

  it('refuses a name in use, and burns nothing', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const other = house.goLive()
    const page = await house.page()
    expect(await page.offer(token)).toBe('streamIdInUse')
    other.end()
    expect(await page.offer(token)).toBe('takeConfiguration')
  })

  it('takes a repeat as the same attempt, before and after the offer', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.word()).toBe('start')
    page.send({ command: 'publish', streamId: 'cam', token })
    expect(await page.word()).toBe('start')
    page.send(offer())
    expect(await page.word()).toBe('takeConfiguration')
    const former = house.engine.publisher
    expect(await page.offer(token)).toBe('takeConfiguration')
    expect(former.closed).toBe(true)
    former.events.onConnected()
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
    expect(await page.settled()).toEqual([])
    expect(await page.offer(token)).toBe('already_publishing')
  })

  it('lets one of 50 sockets in that race for one token', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const pages = await Promise.all(Array.from({ length: 50 }, () => house.page()))
    const words = await Promise.all(pages.map((page) => page.offer(token)))
    for (const peer of house.engine.publishers) peer.events.onConnected()
    const winners = pages.filter((_page, at) => words[at] === 'takeConfiguration')
    expect(winners).toHaveLength(1)
    expect(await winners[0]?.word()).toBe('publish_started')
    expect(words.filter((word) => word === 'unauthorized_access')).toHaveLength(49)
  })

  it('goes on with the same token within `reconnect-grace` when its socket was lost', async () => {
    const house = await aSignallingHouse()
    await house.set('reconnect-grace', '30s')
    const token = await house.mint({ type: 'publish' })
    const lost = await house.page()
    await lost.offer(token)
    house.engine.publisher.events.onConnected()
    await lost.word()
    lost.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    const page = await house.page()
    expect(await page.offer(token)).toBe('takeConfiguration')
    house.engine.publisher.events.onConnected()
    expect(await page.word()).toBe('publish_started')
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('ends at once when the token is revoked', async () => {
    const house = await aSignallingHouse()
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    await page.offer(token)
    house.engine.publisher.events.onConnected()
    await page.word()
    const [{ id } = { id: '' }] = await house.operations.listTokens({ type: 'publish' })
    await house.operations.revokeTokens({ refs: [id] })
    expect(await page.word()).toBe('publish_finished')
    expect(house.engine.publisher.closed).toBe(true)
    expect(house.hub.list()).toEqual([])
  })

  it('hands candidates over that came before the offer, and even before the command', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    page.send({ command: 'takeCandidate', streamId: 'cam', label: 0, id: '0', candidate: 'first' })
    page.send({ command: 'publish', streamId: 'cam', token: await house.mint({ type: 'publish' }) })
    await page.word()
    page.send({ command: 'takeCandidate', streamId: 'cam', label: 0, id: '0', candidate: 'second' })
    page.send(offer())
    await page.word()
    expect(house.engine.publisher.candidates).toEqual(['first', 'second'])
  })

  it('keeps nothing that is too long for a candidate', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const tell = (candidate: string, id = '0') =>
      page.send({ command: 'takeCandidate', streamId: 'cam', id, candidate })
    const tellAll = () => [tell('x'.repeat(513)), tell('early', 'x'.repeat(65)), tell('early')]
    tellAll()
    page.send({ command: 'publish', streamId: 'cam', token: await house.mint({ type: 'publish' }) })
    expect(await page.word()).toBe('start')
    tellAll()
    page.send(offer())
    expect(await page.word()).toBe('takeConfiguration')
    tellAll()
    await page.settled()
    expect(house.engine.publisher.candidates).toEqual(['early', 'early', 'early'])
  })

  it('loses everything of a socket that closes, spent or not', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const token = await house.mint({ type: 'publish', streamId: 'b' })
    await page.offer(await house.mint({ type: 'publish' }))
    house.engine.publisher.events.onConnected()
    await page.word()
    await page.offer(token, 'b')
    page.socket.terminate()
    await expect.poll(() => house.engine.publishers.map((peer) => peer.closed)).toEqual([true, true])
    expect(house.hub.list()).toEqual([])
    expect(await (await house.page()).offer(token, 'b')).toBe('takeConfiguration')
  })
})
