import { describe, expect, it } from 'vitest'
import { encodeAmf0 } from '../../../src/server/rtmp/amf0.ts'
import { eventually } from '../../support/eventually.ts'
import { refusal } from '../../support/fake-access.ts'
import { LiveSource } from '../../support/live-source.ts'
import { chunksOf, RtmpClient, videoFrame } from '../../support/rtmp-client.ts'
import { anRtmpHouse } from '../../support/rtmp-house.ts'

/** A promise that the test settles. */
function gate() {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}

describe('publishing over RTMP', () => {
  it('spends before the client hears yes, and frees the name when it leaves', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    expect(access.events).toEqual(['reserve publish LiveApp/cam', 'spend'])
    client.frame('one')
    await eventually(() => hub.list().find(({ bytes }) => bytes > 0))
    client.socket.destroy()
    await eventually(() => access.events.includes('leave lost') || undefined)
    expect(hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it('refuses with the reason instead of a yes, and closes', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.publish('cam?token=wrong')
    await client.closed()
    expect(client.statuses).toEqual([
      { level: 'error', code: 'NetStream.Publish.BadName', description: 'unknown token' },
    ])
    expect(access.events).toEqual(['reserve publish LiveApp/cam'])
    expect(hub.list()).toEqual([])
  })

  it('sends a reason beyond ASCII whole', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.publish('cam')
    await client.closed()
    expect(client.statuses[0]?.description).toBe('a token is needed to publish: add ?token=…')
  })

  it('gives the name back when its stream fails to start', async () => {
    const { access, hub, port, bugs } = await anRtmpHouse()
    hub.onStart(() => {
      throw new Error('a listener of ours')
    })
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.closed()
    expect(bugs.splice(0)).toEqual(['rtmp bug: Error: a listener of ours'])
    expect(access.events).toEqual(['reserve publish LiveApp/cam', 'spend', 'leave lost'])
    expect(hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it('says nothing while the gate has not answered', async () => {
    const { access, port } = await anRtmpHouse()
    const answer = gate()
    access.beforeReserve = answer.promise
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await eventually(() => access.events[0])
    expect(client.statuses).toEqual([])
    answer.open()
    await client.status('NetStream.Publish.Start')
  })

  it('leaves the token alone when the name is busy', async () => {
    const { access, hub, port } = await anRtmpHouse()
    new LiveSource(hub)
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    const { description } = await client.status('NetStream.Publish.BadName')
    expect(description).toMatch(/already publishing/)
    expect(access.events).toEqual(['reserve publish LiveApp/cam', 'release'])
    await client.closed()
  })

  it('gives the name back when the spend is refused', async () => {
    const { access, hub, port } = await anRtmpHouse()
    access.spendRefusal = refusal('TOKEN_REVOKED', 'token revoked 0s ago')
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.closed()
    expect(client.statuses.map(({ code }) => code)).toEqual(['NetStream.Publish.BadName'])
    expect(hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it('gives the name back when the gate fails, and tells the client no internals', async () => {
    const house = await anRtmpHouse()
    house.access.beforeSpend = Promise.reject(new Error('disk on fire'))
    house.access.beforeSpend.catch(() => {})
    const client = await RtmpClient.at(house.port)
    client.publish('cam?token=good')
    await client.closed()
    expect(client.statuses[0]?.description).toMatch(/the server failed/)
    expect(house.hub.claim('LiveApp', 'cam')).toBeDefined()
    expect(house.bugs.splice(0)).toHaveLength(1)
  })

  it('leaves the session of a client that was ended between spend and yes', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const answer = gate()
    access.beforeSpend = answer.promise
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    const connection = await eventually(() => access.connections[0])
    connection.close('revoked')
    answer.open()
    await client.closed()
    expect(client.statuses.map(({ code }) => code)).toEqual(['NetStream.Publish.BadName'])
    expect(hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it.each(['FCUnpublish', 'deleteStream', 'closeStream'])('takes %s for a clean end', async (command) => {
    const { access, hub, port } = await anRtmpHouse({ publisherGrace: 60 })
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    client.command(1, command, 4, null, 'cam')
    await client.status('NetStream.Unpublish.Success')
    expect(access.events.at(-1)).toBe('leave ended')
    expect(hub.list()).toEqual([])
  })

  it('ends a kicked publisher and its stream at once', async () => {
    const { access, hub, port } = await anRtmpHouse({ publisherGrace: 60 })
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    client.frame('one')
    await eventually(() => hub.list().find(({ bytes }) => bytes > 0))
    access.connections[0]?.close('kicked')
    expect(hub.list()).toEqual([])
    expect(access.connections[0]?.bytes()).toBeGreaterThan(0)
    await client.closed()
    expect(client.statuses.at(-1)).toMatchObject({ code: 'NetStream.Publish.BadName', description: /administrator/ })
    expect(access.events).not.toContain('leave lost')
  })

  it('lets viewers wait when a newer connection of the same session replaces this one', async () => {
    const { access, hub, port } = await anRtmpHouse({ publisherGrace: 60 })
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    access.connections[0]?.close('replaced')
    expect(hub.list()).toMatchObject([{ state: 'waiting' }])
  })

  it('drops a publisher that falls silent', async () => {
    const { access, port } = await anRtmpHouse({ limits: { publisherIdle: 50 } })
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.closed()
    expect(access.events.at(-1)).toBe('leave lost')
  })

  it('drops a client that asks for nothing', async () => {
    const { port } = await anRtmpHouse({ limits: { commandTimeout: 50 } })
    const idle = await RtmpClient.to(port)
    const shaken = await RtmpClient.to(port)
    await shaken.shakeHands()
    await Promise.all([idle.closed(), shaken.closed()])
  })
})

describe('playing over RTMP', () => {
  it('spends, says yes and sends the stream from its last key frame', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const source = new LiveSource(hub)
    source.frame('key')
    source.frame('inter', { key: false })
    const client = await RtmpClient.at(port)
    client.play('cam?token=good')
    await client.status('NetStream.Play.Start')
    await client.sees('inter')
    source.frame('next')
    await client.sees('next')
    expect(client.frames.at(-1)).toBe('next')
    expect(access.events).toEqual(['reserve play LiveApp/cam', 'spend'])
    expect(access.connections[0]?.bytes()).toBeGreaterThan(0)
    client.socket.destroy()
    await eventually(() => access.events.includes('leave lost') || undefined)
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
  })

  it('refuses with the reason, and closes', async () => {
    const { hub, port } = await anRtmpHouse()
    new LiveSource(hub)
    const client = await RtmpClient.at(port)
    client.play('cam?token=wrong')
    await client.closed()
    expect(client.statuses).toEqual([{ level: 'error', code: 'NetStream.Play.Failed', description: 'unknown token' }])
    expect(client.messages.filter(({ type }) => type === 9)).toEqual([])
  })

  it('leaves the token alone when the stream is not live', async () => {
    const { access, port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.play('cam?token=good')
    await client.closed()
    expect(client.statuses.map(({ code }) => code)).toEqual(['NetStream.Play.StreamNotFound'])
    expect(access.events).toEqual(['reserve play LiveApp/cam', 'release'])
  })

  it('tells nobody without a good token whether a stream is live', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.play('cam?token=wrong')
    await client.closed()
    expect(client.statuses.map(({ code }) => code)).toEqual(['NetStream.Play.Failed'])
  })

  it('says when the stream ends, and closes', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const source = new LiveSource(hub)
    const client = await RtmpClient.at(port)
    client.play('cam?token=good')
    await client.status('NetStream.Play.Start')
    source.publication.end()
    await client.closed()
    expect(client.statuses.at(-1)?.code).toBe('NetStream.Play.UnpublishNotify')
    const eof = Buffer.from([0, 1, 0, 0, 0, 1])
    expect(client.messages.some(({ type, payload }) => type === 4 && payload.equals(eof))).toBe(true)
    expect(access.events.at(-1)).toBe('leave stream-ended')
  })

  it('ends a kicked player at once, with the reason', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const source = new LiveSource(hub)
    const client = await RtmpClient.at(port)
    client.play('cam?token=good')
    await client.status('NetStream.Play.Start')
    access.connections[0]?.close('revoked')
    source.frame('after')
    await client.closed()
    expect(client.statuses.at(-1)).toMatchObject({
      code: 'NetStream.Play.Failed',
      description: 'the token was revoked',
    })
    expect(client.frames).not.toContain('after')
  })

  it('goes on for its viewers when the publisher is back within the grace', async () => {
    const { hub, port } = await anRtmpHouse({ publisherGrace: 60 })
    const first = await RtmpClient.at(port)
    first.publish('cam?token=good')
    await first.status('NetStream.Publish.Start')
    first.frame('before', { timestamp: 5000 })
    await eventually(() => hub.find('LiveApp', 'cam'))
    const viewer = await RtmpClient.at(port)
    viewer.play('cam?token=good')
    await viewer.sees('before')
    first.socket.destroy()
    await eventually(() => hub.list().find(({ state }) => state === 'waiting'))
    const second = await RtmpClient.at(port)
    second.publish('cam?token=good')
    await second.status('NetStream.Publish.Start')
    second.frame('lost in the gap', { key: false, timestamp: 0 })
    second.frame('after', { timestamp: 20 })
    await viewer.sees('after')
    expect(viewer.frames).toEqual(['before', 'after'])
    const [before, after] = viewer.messages.filter(({ type }) => type === 9).map(({ timestamp }) => timestamp)
    expect(after).toBeGreaterThan(before ?? 0)
    expect(viewer.statuses.map(({ code }) => code)).not.toContain('NetStream.Play.UnpublishNotify')
  })
})

describe('a viewer receives not one byte', () => {
  async function watched() {
    const house = await anRtmpHouse({ limits: { closingTimeout: 100 } })
    const source = new LiveSource(house.hub)
    const viewer = await RtmpClient.at(house.port)
    viewer.play('cam?token=good')
    await viewer.sees('first')
    return { ...house, source, viewer }
  }

  async function seesOnlyItsOwn({ source, viewer }: Awaited<ReturnType<typeof watched>>) {
    source.frame('own')
    await viewer.sees('own')
    expect(viewer.frames.filter((frame) => frame !== 'first')).toEqual(['own'])
  }

  it('of a refused publisher that ignores FIN and keeps sending', async () => {
    const house = await watched()
    const attacker = await RtmpClient.at(house.port)
    attacker.socket.allowHalfOpen = true
    attacker.publish('cam?token=wrong')
    const sending = setInterval(() => attacker.frame('evil'), 1)
    await attacker.closed()
    clearInterval(sending)
    await seesOnlyItsOwn(house)
  })

  it('of a player that sends media', async () => {
    const house = await watched()
    const attacker = await RtmpClient.at(house.port)
    attacker.play('cam?token=good')
    await attacker.status('NetStream.Play.Start')
    attacker.frame('evil')
    await attacker.closed()
    await seesOnlyItsOwn(house)
  })

  it('of a client that sends media without asking', async () => {
    const house = await watched()
    const attacker = await RtmpClient.at(house.port)
    attacker.frame('evil')
    await attacker.closed()
    await seesOnlyItsOwn(house)
  })

  it('of a second publisher on a busy name', async () => {
    const house = await watched()
    const attacker = await RtmpClient.at(house.port)
    attacker.publish('cam?token=good')
    attacker.frame('evil')
    await attacker.closed()
    await seesOnlyItsOwn(house)
  })

  it('of media pipelined with a publish command that is refused', async () => {
    const house = await watched()
    const attacker = await RtmpClient.at(house.port)
    const command = encodeAmf0(['publish', 3, null, 'cam?token=wrong', 'live'])
    attacker.raw(Buffer.concat([chunksOf({ type: 20, payload: command }), chunksOf(videoFrame('evil'))]))
    await attacker.closed()
    await seesOnlyItsOwn(house)
  })

  it('of a publisher after it was kicked', async () => {
    const house = await anRtmpHouse()
    const publisher = await RtmpClient.at(house.port)
    publisher.publish('cam?token=good')
    await publisher.status('NetStream.Publish.Start')
    house.access.connections[0]?.close('kicked')
    const source = new LiveSource(house.hub)
    const viewer = await RtmpClient.at(house.port)
    viewer.play('cam?token=good')
    publisher.frame('evil')
    await publisher.closed()
    await seesOnlyItsOwn({ ...house, source, viewer })
  })
})

describe('media that is pipelined with the publish command', () => {
  it('is kept while the gate thinks and passed on after its yes', async () => {
    const { access, hub, port } = await anRtmpHouse()
    const answer = gate()
    access.beforeReserve = answer.promise
    const client = await RtmpClient.at(port)
    const command = encodeAmf0(['publish', 3, null, 'cam?token=good', 'live'])
    client.raw(Buffer.concat([chunksOf({ type: 20, payload: command }), chunksOf(videoFrame('early'))]))
    await eventually(() => access.events[0])
    expect(hub.list()).toEqual([])
    answer.open()
    await client.status('NetStream.Publish.Start')
    const viewer = await RtmpClient.at(port)
    viewer.play('cam?token=good')
    await viewer.sees('early')
  })
})

describe('what strict encoders need', () => {
  it('acknowledges every window that the client asks for', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.send({ type: 5, channel: 2, streamId: 0, payload: Buffer.from([0, 0, 16, 0]) })
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    for (let i = 0; i < 50; i++) client.frame('x'.repeat(1000), { timestamp: i })
    const acknowledged = () =>
      client.messages.filter(({ type }) => type === 3).map(({ payload }) => payload.readUInt32BE())
    await eventually(() => acknowledged().some((bytes) => bytes > 40_000) || undefined)
  })

  it('answers a ping', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.send({ type: 4, channel: 2, streamId: 0, payload: Buffer.from([0, 6, 1, 2, 3, 4]) })
    const pong = Buffer.from([0, 7, 1, 2, 3, 4])
    await eventually(() => client.messages.some(({ type, payload }) => type === 4 && payload.equals(pong)) || undefined)
  })

  it('takes apart aggregate messages', async () => {
    const { hub, port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    const tag = (time: number, { payload }: { payload: Buffer }) => {
      const head = Buffer.from([9, 0, 0, payload.length, 0, 0, time, 0, 0, 0, 0])
      return Buffer.concat([head, payload, Buffer.from([0, 0, 0, 11 + payload.length])])
    }
    const payload = Buffer.concat([tag(10, videoFrame('a')), tag(50, videoFrame('b'))])
    client.send({ type: 22, channel: 6, timestamp: 1000, payload })
    const viewer = await RtmpClient.at(port)
    await eventually(() => hub.find('LiveApp', 'cam'))
    viewer.play('cam?token=good')
    await viewer.sees('b')
    expect(viewer.messages.filter(({ type }) => type === 9).at(-1)?.timestamp).toBe(1040)
  })

  it('goes on after an abort', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    const cut = chunksOf({ type: 20, channel: 4, payload: Buffer.alloc(500) }).subarray(0, 12 + 128)
    const abort = chunksOf({ type: 2, channel: 2, streamId: 0, payload: Buffer.from([0, 0, 0, 4]) })
    client.raw(Buffer.concat([cut, abort]))
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
  })

  it('ignores commands on which nothing depends', async () => {
    const { port } = await anRtmpHouse()
    const client = await RtmpClient.at(port)
    const commands = ['releaseStream', 'FCPublish', '_checkbw', 'getStreamLength', 'pause', 'receiveAudio', 'nonsense']
    for (const [i, name] of commands.entries()) client.command(0, name, 10 + i, null, 'cam')
    client.publish('cam?token=good')
    await client.status('NetStream.Publish.Start')
    expect((await client.answerTo(13))[3]).toBe(0)
  })
})

it('drops a client that asks without end and never reads the answers', async () => {
  const { port } = await anRtmpHouse()
  const client = await RtmpClient.at(port)
  client.socket.pause()
  const call = chunksOf({ type: 20, payload: encodeAmf0(['createStream', 5, null]) })
  const flood = Buffer.concat(new Array(2000).fill(call))
  while (client.socket.writable) {
    client.raw(flood)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(client.socket.bytesWritten).toBeLessThan(200 * 1024 * 1024)
})
