import { describe, expect, it } from 'vitest'
import { GOOD_SDP } from '../../support/fake-webrtc.ts'
import { aSignallingHouse } from '../../support/signalling.ts'

describe('a socket that goes', () => {
  it('while the gate is asked gives the token back', async () => {
    const asked = aSignal()
    const going = aSignal()
    const released = aSignal()
    const house = await aSignallingHouse({}, (gate) => ({
      reserve: async (request) => {
        const attempt = await gate.reserve(request)
        asked.resolve()
        await going.promise
        if (!attempt.ok) return attempt
        return { ...attempt, release: () => [attempt.release(), released.resolve()] }
      },
    }))
    const token = await house.mint({ type: 'publish' })
    const page = await house.page()
    page.send({ command: 'publish', streamId: 'cam', token })
    await asked.promise
    page.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    going.resolve()
    await released.promise
    expect(house.hub.claim('LiveApp', 'cam')).toBeDefined()
    expect(await house.state('publish')).toBe('active')
  })

  it('while the token is spent leaves no session behind', async () => {
    const { spending, going, house } = await aHouseThatSpends()
    const page = await house.page()
    await page.offer(await house.mint({ type: 'publish' }))
    const peer = house.engine.publisher
    peer.events.onConnected()
    await spending.promise
    page.socket.terminate()
    await expect.poll(() => house.signalling?.size).toBe(0)
    going.resolve()
    await expect.poll(() => house.entries.map(({ event }) => event)).toContain('admit')
    await expect.poll(() => house.sessions.list()).toEqual([])
    expect([peer.started, peer.closed]).toEqual([false, true])
    expect(house.hub.list()).toEqual([])
  })

  it('is not told of an unspent token where its peer breaks while the token is spent', async () => {
    const { spending, going, house } = await aHouseThatSpends()
    const page = await house.page()
    await page.offer(await house.mint({ type: 'publish' }))
    house.engine.publisher.events.onConnected()
    await spending.promise
    house.engine.publisher.events.onGone('failed')
    let message = await page.next()
    while (message.command === 'takeCandidate') message = await page.next()
    expect(message).toMatchObject({ definition: 'publishTimeoutError' })
    expect(JSON.stringify(message)).not.toContain('unspent')
    going.resolve()
    await expect.poll(() => house.entries.map(({ event }) => event)).toContain('admit')
    await expect.poll(() => house.sessions.list()).toEqual([])
    expect(house.hub.list()).toEqual([])
  })
})

describe('a page that stops and asks again', () => {
  it('hears nothing of an answer or offer that was on its way when it stopped', async () => {
    const house = await aSignallingHouse()
    house.goLive()
    const page = await house.page()
    const late = (streamId: string, type: string) =>
      page.send({ command: 'takeConfiguration', streamId, type, sdp: GOOD_SDP })
    const token = await house.mint()
    page.send({ command: 'play', streamId: 'cam', token })
    expect(await page.word()).toBe('takeConfiguration')
    page.send({ command: 'stop', streamId: 'cam' })
    late('cam', 'answer')
    page.send({ command: 'publish', streamId: 'desk', token: await house.mint({ streamId: 'desk', type: 'publish' }) })
    expect(await page.word()).toBe('start')
    page.send({ command: 'stop', streamId: 'desk' })
    late('desk', 'offer')
    expect(await page.settled()).toEqual([])
    expect(await page.answer(token)).toBe('takeConfiguration')
    house.engine.viewer.events.onConnected()
    expect(await page.word()).toBe('play_started')
  })

  it('still hears that it has not asked, of a stream that it never had', async () => {
    const page = await (await aSignallingHouse()).page()
    page.send({ command: 'stop', streamId: 'cam' })
    page.send({ command: 'takeConfiguration', streamId: 'cam', type: 'offer', sdp: GOOD_SDP })
    expect(await page.word()).toBe('not_initialized_yet')
  })
})

/** Where each spend tells that it begins, and then waits. */
async function aHouseThatSpends() {
  const spending = aSignal()
  const going = aSignal()
  const house = await aSignallingHouse({}, (gate) => ({
    reserve: async (request) => {
      const attempt = await gate.reserve(request)
      if (!attempt.ok) return attempt
      const spend: typeof attempt.spend = async (connection) => {
        spending.resolve()
        await going.promise
        return attempt.spend(connection)
      }
      return { ...attempt, spend }
    },
  }))
  return { spending, going, house }
}

/** Something that a test waits for. */
function aSignal() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}
