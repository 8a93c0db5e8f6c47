import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { LiveStream, MediaHub, Seat, Viewer, ViewerFormat } from '../../src/media/ports.ts'

/** Both ends of a TCP connection over loopback. */
export async function socketPair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no port')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const far = connect(address.port, '127.0.0.1')
  const [near] = await accepted
  server.close()
  onTestFinished(() => {
    near.destroy()
    far.destroy()
  })
  near.on('error', () => {})
  far.on('error', () => {})
  return { near, far }
}

/** A viewer at a stream of the hub, over a real socket. */
export class LoopbackViewer {
  readonly seat: Seat
  readonly near: Socket
  readonly far: Socket
  readonly ends: string[] = []
  received = Buffer.alloc(0)

  private constructor(stream: LiveStream, format: ViewerFormat, near: Socket, far: Socket) {
    this.near = near
    this.far = far
    const viewer: Viewer = { format, socket: near, onEnd: (reason) => void this.ends.push(reason) }
    this.seat = stream.join(viewer)
  }

  static async of(hub: MediaHub, format: ViewerFormat = 'flv', { reads = true } = {}): Promise<LoopbackViewer> {
    const stream = hub.find('LiveApp', 'cam')
    if (!stream) throw new Error('cam is not live')
    const { near, far } = await socketPair()
    const viewer = new LoopbackViewer(stream, format, near, far)
    if (reads) viewer.read()
    else far.pause()
    return viewer
  }

  read(): void {
    this.far.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
    })
    this.far.resume()
  }
}
