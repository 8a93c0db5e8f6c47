import { describe, expect, it } from 'vitest'
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
