import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { aCertificate } from '../../support/certificate.ts'
import { LiveSource } from '../../support/live-source.ts'
import { describeWith } from '../../support/programs.ts'
import { RtmpClient } from '../../support/rtmp-client.ts'
import { anRtmpHouse } from '../../support/rtmp-house.ts'

const KIB = 1024

describeWith(['openssl'], 'a kicked RTMP player', () => {
  it.each([
    ['RTMP', false, 1000],
    ['RTMP, with more than the kernel takes', false, 16_000],
    ['RTMPS', true, 1000],
    ['RTMPS, with more than the kernel takes', true, 16_000],
  ])('that reads slowly is not sent what is on its way to it: %s', async (_what, secure, queued) => {
    const { access, hub, port } = await anRtmpHouse(secure ? { tls: await aCertificate('cam.test') } : {})
    const source = new LiveSource(hub)
    const client = await RtmpClient.at(port, { secure })
    client.play('cam?token=good')
    await client.sees('first')
    client.socket.pause()
    for (let sent = 0; sent < queued; sent += 50) {
      source.frame('queued', { size: 50 * KIB })
      await sleep(1)
    }
    access.connections[0]?.close('kicked')
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
    // The client cannot see when its time to read why is over.
    await sleep(400)
    const before = client.received
    client.socket.resume()
    await client.closed()
    // The client's own kernel may have taken in about half a megabyte before.
    expect(client.received - before).toBeLessThan(queued * KIB * 0.9)
  })

  it.each([
    ['RTMP', false],
    ['RTMPS', true],
  ])('that keeps up is told why: %s', async (_what, secure) => {
    const { access, hub, port } = await anRtmpHouse(secure ? { tls: await aCertificate('cam.test') } : {})
    new LiveSource(hub)
    const client = await RtmpClient.at(port, { secure })
    client.play('cam?token=good')
    await client.sees('first')
    access.connections[0]?.close('kicked')
    await client.closed()
    expect(client.statuses.at(-1)).toMatchObject({ code: 'NetStream.Play.Failed', description: /administrator/ })
  })
})
