import { onTestFinished } from 'vitest'
import { createHub } from '../../src/media/hub.ts'
import type { RtmpLimits } from '../../src/server/rtmp/limits.ts'
import type { TlsFiles } from '../../src/server/rtmp/listener.ts'
import { createRtmpServer } from '../../src/server/rtmp/server.ts'
import type { Log } from '../../src/services/log.ts'
import { FakeAccess } from './fake-access.ts'

export interface RtmpHouseOptions {
  readonly limits?: Partial<RtmpLimits>
  readonly tls?: TlsFiles
  /** In seconds. */
  readonly publisherGrace?: number
}

/** An RTMP server on a free port, over the real hub and a fake gate, that closes when the test is over. */
export async function anRtmpHouse(options: RtmpHouseOptions = {}) {
  const house = await openRtmpHouse(options)
  onTestFinished(house.close)
  return house
}

/** The same for many tests; `close` fails where the server has met a bug. */
export async function openRtmpHouse({ limits = {}, tls, publisherGrace = 0 }: RtmpHouseOptions = {}) {
  const access = new FakeAccess()
  const hub = createHub({ latency: 5, publisherGrace: () => publisherGrace })
  const bugs: string[] = []
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, text) => void bugs.push(`${text}: ${'error' in fields ? fields.error : ''}`),
  }
  const protocol = tls ? 'rtmps' : 'rtmp'
  const apps = ['LiveApp', 'Other']
  const server = createRtmpServer({ access, hub, apps, protocol, log, limits, ...(tls && { tls }) })
  const { port } = await server.start('127.0.0.1', 0)
  const close = async () => {
    await server.close()
    hub.close()
    if (bugs.length > 0) throw new Error(`the server logged: ${bugs.join('; ')}`)
  }
  return { access, hub, server, port, bugs, close, url: `${protocol}://127.0.0.1:${port}` }
}
