import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../../src/media/hub.ts'
import { createRtmpServer } from '../../../src/server/rtmp/server.ts'
import { aCertificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeAccess } from '../../support/fake-access.ts'
import { LiveSource } from '../../support/live-source.ts'
import { describeWith } from '../../support/programs.ts'
import { RtmpClient } from '../../support/rtmp-client.ts'
import { anRtmpHouse } from '../../support/rtmp-house.ts'

function handles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Timeout/.test(kind)).length
}

describe('the RTMP server', () => {
  it('rejects where the port is taken, naming it', async () => {
    const { port, hub } = await anRtmpHouse()
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const second = createRtmpServer({ access: new FakeAccess(), hub, apps: [], protocol: 'rtmp', log })
    await expect(second.start('127.0.0.1', port)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)),
    })
    await second.close()
  })

  it('can be closed before it was started, and twice', async () => {
    const hub = createHub({ publisherGrace: () => 0 })
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const server = createRtmpServer({ access: new FakeAccess(), hub, apps: [], protocol: 'rtmp', log })
    await server.close()
    await server.close()
  })

  it('tells every client as it closes, waits for none, and leaves no handle', async () => {
    const before = handles()
    const { access, hub, port, server } = await anRtmpHouse({ limits: { closingTimeout: 100 } })
    const source = new LiveSource(hub, 'other')
    const viewer = await RtmpClient.at(port)
    viewer.play('other?token=good')
    await viewer.status('NetStream.Play.Start')
    const publisher = await RtmpClient.at(port)
    publisher.publish('cam?token=good')
    await publisher.status('NetStream.Publish.Start')
    const stubborn = await RtmpClient.to(port)
    stubborn.socket.allowHalfOpen = true
    await server.close()
    await Promise.all([viewer.closed(), publisher.closed()])
    stubborn.socket.destroy()
    expect(viewer.statuses.at(-1)?.code).toBe('NetStream.Play.UnpublishNotify')
    expect(publisher.statuses.at(-1)?.code).toBe('NetStream.Unpublish.Success')
    expect(access.events.filter((event) => event.startsWith('leave'))).toEqual(['leave lost', 'leave lost'])
    source.publication.end()
    await eventually(() => handles() <= before || undefined)
  })

  it('turns away what is over its limit of connections', async () => {
    const { port } = await anRtmpHouse({ limits: { connections: 1 } })
    await RtmpClient.at(port)
    const second = await RtmpClient.to(port)
    await second.closed()
  })
})

describeWith(['openssl'], 'RTMPS', () => {
  async function connected(port: number): Promise<TLSSocket> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }

  it('speaks RTMP inside TLS, and closes sockets that never finish their handshake', async () => {
    const before = handles()
    const { port, server } = await anRtmpHouse({ tls: await aCertificate('one'), limits: { closingTimeout: 100 } })
    const socket = await connected(port)
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer[0]).toBe(3)
    const silent = connectTcp(port, '127.0.0.1')
    onTestFinished(() => void silent.destroy())
    await once(silent, 'connect')
    // Not `once`: where Node tells of the reset first, it would reject.
    const gone = [socket, silent.resume()].map((one) => {
      one.on('error', () => {})
      return new Promise((resolve) => one.once('close', resolve))
    })
    await server.close()
    await Promise.all(gone)
    await eventually(() => handles() <= before || undefined)
  })

  it('survives clients that speak no TLS', async () => {
    const { port } = await anRtmpHouse({ tls: await aCertificate('one') })
    const plain = await RtmpClient.to(port)
    plain.raw(Buffer.alloc(2000, 3))
    await plain.closed()
    await connected(port)
  })

  it('takes a new certificate for new connections, and keeps the old one where the new is unusable', async () => {
    const { port, server } = await anRtmpHouse({ tls: await aCertificate('one') })
    const subject = async () => (await connected(port)).getPeerCertificate().subject.CN
    expect(await subject()).toBe('one')
    server.setTls(await aCertificate('two'))
    expect(await subject()).toBe('two')
    expect(() => server.setTls({ cert: 'no', key: 'no' })).toThrow(expect.objectContaining({ code: 'TLS_UNUSABLE' }))
    expect(await subject()).toBe('two')
  })
})
