import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../../src/server/http/server.ts'
import { aCertificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse, HttpPlayer, WsPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { describeWith } from '../../support/programs.ts'
import { RawClient } from '../../support/raw-client.ts'

describe('the HTTP server', () => {
  it('answers the health check to anybody, with no detail', async () => {
    const { url } = await aHttpHouse()
    const response = await fetch(`${url}/healthz`)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('{"status":"ok"}')
    expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })

  it('answers JSON where there is nothing', async () => {
    const { url } = await aHttpHouse()
    const response = await fetch(`${url}/nothing/here`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { code: 'NOT_FOUND', message: 'nothing at this address', exit: 3 },
    })
  })

  it('says which port is taken', async () => {
    const { port, gate, hub, hls, library, settings } = await aHttpHouse()
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const media = { hub, hls, vod: library }
    const second = createHttpServer({ access: gate, ...media, apps: [], settings: () => settings.values, log })
    await expect(second.start({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `cannot listen on 127.0.0.1:${port}: another program does`,
    })
    await second.close()
  })

  it('serves a request that offers another protocol as if it had not, body and all', async () => {
    const { port } = await aHttpHouse()
    const body = '{"tokenId":"nonsense","streamId":"cam","type":"play"}'
    const client = await RawClient.to(port)
    const offer =
      'Host: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n'
    const post = `POST /LiveApp/rest/v2/broadcasts/validate-token HTTP/1.1\r\n${offer}Content-Length: ${body.length}\r\n\r\n`
    client.send(post + body)
    await client.receives('"message":"unknown token"')
    client.send(`GET /healthz HTTP/1.1\r\n${offer}\r\n`)
    await client.receives('{"status":"ok"}')
    expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })

  it('piles nothing up on a connection that offers another protocol again and again', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void (warning.name === 'MaxListenersExceededWarning' && warnings.push(warning))
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    const { port } = await aHttpHouse()
    const client = await RawClient.to(port)
    for (let n = 1; n <= 20; n++) {
      client.send('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
      await eventually(() => (client.text.match(/"ok"/g)?.length === n ? true : undefined))
    }
    expect(warnings).toEqual([])
  })

  it('ends everybody when it closes, at once and only once', async () => {
    const { server, hub, port, url, wsUrl, mint, sessions } = await aHttpHouse()
    new LiveSource(hub)
    const http = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    const ws = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    await Promise.all([http.until('first'), ws.until('first')])
    const idle = await RawClient.to(port)
    const keptAlive = await RawClient.to(port)
    keptAlive.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await keptAlive.receives('ok')
    await Promise.all([server.close(), server.close()])
    expect(await http.toEnd()).toBe(true)
    expect(await ws.closed).toMatchObject({ code: 1001 })
    await Promise.all([idle.closed(), keptAlive.closed()])
    expect(sessions.list().length).toBe(0)
    expect(hub.list()).toMatchObject([{ viewers: 0 }])
  })

  it('says on connections in use that it stops', async () => {
    const { server, port } = await aHttpHouse()
    const client = await RawClient.to(port)
    const head = 'POST /LiveApp/rest/session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n'
    client.send(head)
    await eventually(() => (client.socket.bytesWritten === head.length ? true : undefined))
    await fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.text())
    server.drain()
    client.send('{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await client.closed()).toMatch(/ 400 [\s\S]* 503 [\s\S]*Connection: close\r\n[\s\S]*"code":"DAEMON_DOWN"/)
  })

  it('cuts off clients that do not go when it closes', async () => {
    const { server, port } = await aHttpHouse()
    const client = await RawClient.to(port)
    client.send('GET /healthz HTTP/1.1\r\nHost:')
    await server.close()
    expect(await client.closed()).toBe('')
  })
})

describeWith(['openssl'], 'HTTPS', () => {
  it('plays over TLS, and takes another certificate while it runs', async () => {
    const first = await aCertificate('first.test')
    const second = await aCertificate('second.test')
    const { server, hub, port, wsUrl, mint } = await aHttpHouse({ tls: first })
    new LiveSource(hub)
    const viewer = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`, {}, false)
    await viewer.until('first')
    expect(await subjectAt(port)).toBe('first.test')
    server.setTls(second)
    expect(await subjectAt(port)).toBe('second.test')
    expect(() => server.setTls({ cert: 'nonsense', key: second.key })).toThrow(
      expect.objectContaining({ code: 'TLS_UNUSABLE' }),
    )
    expect(await subjectAt(port)).toBe('second.test')
    await server.close()
    expect(await viewer.closed).toMatchObject({ code: 1001 })
  })

  it('survives clients that speak no TLS', async () => {
    const { port } = await aHttpHouse({ tls: await aCertificate('cam.test') })
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05nonsense', '\x00']) {
      const client = connect(port, '127.0.0.1')
      client.on('error', () => {})
      client.end(Buffer.from(bytes, 'latin1'))
      await once(client.resume(), 'close')
    }
    expect(await subjectAt(port)).toBe('cam.test')
  })
})

async function subjectAt(port: number): Promise<string | undefined> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN?.toString()
}
