import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import * as native from 'node-datachannel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { takeUdpPort } from '../../../src/media/webrtc/udp-port.ts'

/** Another program's socket; rejects where the port is taken. */
async function bind(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

describe('the UDP port of all peers', () => {
  it('can be taken by no other program while there is no peer', async () => {
    const { port, release } = await takeUdpPort(native, { port: 0, bindAddress: '127.0.0.1' })
    onTestFinished(release)
    await expect(bind(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it.each([undefined, '127.0.0.1'])('is refused where another program has it, listening on %s', async (bindAddress) => {
    const { port } = (await bind(0)).address()
    const taken = takeUdpPort(native, { port, ...(bindAddress !== undefined && { bindAddress }) })
    await expect(taken).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  })
})
