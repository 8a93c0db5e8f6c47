import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { aCertificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { describeWith } from '../../support/programs.ts'

const KIB = 1024
/** More than a client's own kernel takes in for it, less than the sender's. */
const QUEUED = 1000 * KIB

function request(token: string, ...headers: string[]): string {
  return [`GET /LiveApp/cam.flv?token=${token} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '\r\n'].join('\r\n')
}

const WEB_SOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** Sends a request and reads nothing until it is resumed. */
async function aSlowClient(socket: Socket, text: string, connected: string): Promise<Socket> {
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await once(socket, connected)
  socket.pause()
  socket.write(text)
  return socket
}

describeWith(['openssl'], 'a kicked viewer that reads slowly', () => {
  it.each([
    ['HTTP', false, []],
    ['HTTPS', true, []],
    ['WebSocket', false, WEB_SOCKET],
    ['WebSocket over TLS', true, WEB_SOCKET],
  ])('is not sent what is on its way to it: %s', async (_what, secure, headers) => {
    const house = await aHttpHouse(secure ? { tls: await aCertificate('cam.test') } : {})
    const { hub, port, sessions } = house
    const source = new LiveSource(hub)
    const text = request(await house.mint(), ...headers)
    const socket = secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1')
    const client = await aSlowClient(socket, text, secure ? 'secureConnect' : 'connect')
    const session = await eventually(() => sessions.list()[0])
    for (let sent = 0; sent < QUEUED; sent += 50 * KIB) {
      source.frame('queued', { size: 50 * KIB })
      await new Promise((resolve) => setImmediate(resolve))
    }
    sessions.kick(session.id)
    await eventually(() => (hub.list()[0]?.viewers === 0 ? true : undefined))
    // A WebSocket has a moment to be told why; its client cannot see when that is over.
    await sleep(400)
    let received = 0
    client.on('data', (chunk) => {
      received += chunk.length
    })
    client.resume()
    // Not `once`: where Node tells of the reset first, it would reject.
    if (!client.closed) await new Promise((resolve) => client.once('close', resolve))
    // The client's own kernel may have taken in about half of it before.
    expect(received).toBeLessThan(QUEUED * 0.9)
  })
})
