import { onTestFinished } from 'vitest'
import { NodeWatch } from '../../src/services/node-watch.ts'
import { temporaryDirectory } from './amsctl.ts'
import { aRedisStore } from './redis.ts'
import { houseOver } from './services.ts'
import { NOW } from './tokens.ts'

/**
 * The services of one of several machines that share the store at `url`, with token control on. `beforeJoining`: what is
 * done when it has read the store and does not listen yet.
 */
export async function aNode(url: string, node: string, beforeJoining = async () => {}) {
  const time = { now: NOW }
  const store = await aRedisStore(url, { node, now: () => time.now })
  const { shared } = store
  if (!shared?.nodes) throw new Error('the store is shared')
  const house = await houseOver(store, await temporaryDirectory(), time)
  const { tokens, sessions: kept } = store
  const { sessions, settings, clock } = house
  const watch = new NodeWatch({
    ...{ node, shared, store: kept, tokens, sessions, settings, clock },
    answer: async (question) => ({ node, question }),
  })
  await beforeJoining()
  await shared.nodes.join(watch)
  onTestFinished(() => shared.nodes?.leave())
  await house.settings.setTokenControl(['publish', 'play'], true)
  return { ...house, url, watch, nodes: shared.nodes, shared }
}

export type Node = Awaited<ReturnType<typeof aNode>>

/** The nodes `one` and `two`. */
export async function twoNodes(url: string): Promise<[Node, Node]> {
  return [await aNode(url, 'one'), await aNode(url, 'two')]
}
