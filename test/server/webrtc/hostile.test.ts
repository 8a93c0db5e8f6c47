import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { aSignallingHouse, Page } from '../../support/signalling.ts'

describe('hostile messages', () => {
  it('ignores what is no command, and goes on', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const texts = ['', '{', 'null', '[]', '7', '{"command":7}', '{"command":"toString"}', '{"command":"__proto__"}']
    for (const text of texts) page.socket.send(text)
    page.socket.send(Buffer.from([0, 1]))
    page.send({ command: 'stop', streamId: '__proto__' })
    page.send({ command: 'takeCandidate', streamId: '../..', candidate: 'x' })
    expect(await page.settled()).toEqual([])
  })

  it.each([
    ['', 'noStreamNameSpecified'],
    ['../etc', 'invalidStreamName'],
  ])('refuses the name "%s"', async (streamId, definition) => {
    const page = await (await aSignallingHouse()).page()
    page.send({ command: 'play', streamId, token: 'x' })
    expect(await page.next()).toMatchObject({ definition, streamId })
  })

  it('closes a socket that floods, or sends more than 80 KiB', async () => {
    const house = await aSignallingHouse()
    const [flooding, large] = [await house.page(), await house.page()]
    for (let n = 0; n < 1000; n++) flooding.socket.send('x')
    large.socket.send('x'.repeat(81 * 1024))
    expect(await flooding.closed).toBe(1008)
    expect(await large.closed).toBe(1009)
  })

  it('cuts a socket that does not read what it asked for', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    page.socket.pause()
    // The error names the stream as it was named; kernels buffer a few megabytes at the most.
    const streamId = '/'.repeat(79 * 1024)
    for (let n = 0; n < 190; n++) page.send({ command: 'play', streamId, token: '' })
    await expect.poll(() => house.signalling?.size, { timeout: 10_000 }).toBe(0)
  })

  it('takes 64 streams on one socket, and one more when one has ended', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    const publish = async (n: number) => {
      const streamId = `cam${n}`
      page.send({ command: 'publish', streamId, token: await house.mint({ type: 'publish', streamId }) })
      return page.next()
    }
    for (let n = 1; n <= 64; n++) expect(await publish(n)).toMatchObject({ command: 'start' })
    const information = expect.stringContaining('at most 64')
    expect(await publish(65)).toMatchObject({ command: 'error', definition: 'not_initialized_yet', information })
    page.send({ command: 'stop', streamId: 'cam1' })
    expect(await publish(65)).toMatchObject({ command: 'start' })
  })

  it('cuts a socket that shows no life', async () => {
    const house = await aSignallingHouse({ pingEvery: 5, deadAfter: 20 })
    const page = await Page.open(`${house.wsUrl}/LiveApp/websocket`)
    page.socket.pause()
    await expect.poll(() => house.signalling?.size).toBe(0)
  })

  it('answers 404 for an app or address that is not there', async () => {
    const house = await aSignallingHouse()
    for (const path of ['Nope/websocket', 'LiveApp/websocket/', 'LiveApp/websockets']) {
      const socket = new WebSocket(`${house.wsUrl}/${path}`)
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      })
      expect(status).toBe(404)
      socket.on('error', () => {})
      socket.terminate()
    }
  })

  it('tells pages that the server goes away', async () => {
    const house = await aSignallingHouse()
    const page = await house.page()
    house.signalling?.close()
    expect(await page.closed).toBe(1001)
  })

  it('tells the ICE server without a stream', async () => {
    const house = await aSignallingHouse()
    house.engine.iceServers = [{ urls: 'stun:a:1' }, { urls: 'turn:b:2', username: 'u', credential: 'c' }]
    const page = await house.page()
    page.send({ command: 'getIceServerConfig' })
    const answer = { stunServerUri: 'turn:b:2', turnServerUsername: 'u', turnServerCredential: 'c' }
    expect(await page.next()).toEqual({ command: 'iceServerConfig', ...answer })
  })
})
