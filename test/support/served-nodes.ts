import { beforeAll } from 'vitest'
import type { ListedSession } from '../../src/services/daemon-operations.ts'
import { type ServedDaemon, sharedDaemon } from './amsctl.ts'
import { eventually } from './eventually.ts'
import { type RedisServer, sharedRedis } from './redis.ts'
import { RtmpClient } from './rtmp-client.ts'

export interface ServedNodes {
  readonly redis: RedisServer
  readonly a: ServedDaemon
  readonly b: ServedDaemon
}

/** Within `describe`: the nodes `a` and `b`, each a process of its own, with token control on. */
export function sharedNodes(): () => ServedNodes {
  const redis = sharedRedis()
  let url = ''
  beforeAll(() => {
    url = redis().newUrl()
  })
  const node = (name: string) => sharedDaemon({ args: ['--node', name], env: storeAt(() => url) })
  const [a, b] = [node('a'), node('b')]
  const nodes = () => ({ redis: redis(), a: a(), b: b() })
  beforeAll(async () => {
    // One after the other: each must know of it.
    for (const daemon of [nodes().a, nodes().b]) await daemon.enableTokens()
  })
  return nodes
}

/** Where the store is known only when the daemon starts. */
function storeAt(url: () => string): Record<string, string> {
  return Object.defineProperty({}, 'AMSCTL_STORE', { get: url, enumerable: true })
}

export function portOf({ listen }: ServedDaemon): number {
  return Number(listen.rtmp?.port)
}

/** A publisher of `streamId` at `daemon`, whose frames carry text. */
export async function publisherAt(daemon: ServedDaemon, streamId: string): Promise<RtmpClient> {
  const publisher = await RtmpClient.at(portOf(daemon))
  publisher.publish(`${streamId}?token=${await daemon.mint(streamId, 'publish')}`)
  await publisher.status('NetStream.Publish.Start')
  publisher.frame('first')
  return publisher
}

/** The session of a stream, as every node lists it. */
export function sessionOf(daemon: ServedDaemon, streamId: string, type: string): Promise<ListedSession> {
  return eventually(async () => {
    const sessions = await daemon.ask((operations) => operations.listSessions())
    return sessions.find((session) => session.streamId === streamId && session.type === type)
  })
}
