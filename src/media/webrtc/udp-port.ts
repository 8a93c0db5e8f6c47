import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { AmsctlError } from '../../domain/errors.ts'
import { attempt } from './guard.ts'
import type { NodeDataChannel } from './native.ts'

/** Where any port will do, another program may be faster to take the one that was found. */
const MOST_TRIES = 10

export interface UdpPort {
  readonly port: number
  release(): void
}

export interface UdpPortOptions {
  /** 0: any free one. */
  readonly port: number
  readonly bindAddress?: string
}

/**
 * Takes the UDP port of all peers for as long as there may be any. By itself the transport binds it with the first peer
 * and gives it up with the last; if another program has taken it in between, its thread aborts the process.
 * @throws PORT_TAKEN
 */
export async function takeUdpPort(native: NodeDataChannel, options: UdpPortOptions): Promise<UdpPort> {
  const { bindAddress, port } = options
  for (let tries = port === 0 ? MOST_TRIES : 1; tries > 0; tries--) {
    const free = await freePort(options)
    const listener = attempt(() => new native.IceUdpMuxListener(free, bindAddress))
    if (listener) return { port: free, release: () => void attempt(() => listener.stop()) }
  }
  throw portTaken(port)
}

/** The transport cannot choose one, nor does it tell why one cannot be had. */
async function freePort({ bindAddress, port }: UdpPortOptions): Promise<number> {
  const socket = createSocket(bindAddress?.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind(port, bindAddress)
    await once(socket, 'listening')
    return socket.address().port
  } catch (cause) {
    throw portTaken(port, cause)
  } finally {
    socket.close()
  }
}

function portTaken(port: number, cause?: unknown): AmsctlError {
  return new AmsctlError('PORT_TAKEN', `UDP port ${port} cannot be used for WebRTC`, { cause })
}
