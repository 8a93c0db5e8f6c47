import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { aNode, type Node } from '../support/nodes.ts'
import { describeWith } from '../support/programs.ts'
import { sharedRedis } from '../support/redis.ts'
import { FakeConnection, tokenCredential } from '../support/services.ts'
import { TcpRelay } from '../support/tcp-relay.ts'
import { aRequest } from '../support/tokens.ts'

/** Within that a busy machine finds its way back; without an event it is found out only after 30 s. In milliseconds. */
const BACK = 20_000

describeWith(['redis-server'], 'a node that is cut off from the store', () => {
  const redis = sharedRedis()

  /** The node `two` reaches the store over a way of its own. */
  async function twoNodesAndTheWay(): Promise<[Node, Node, TcpRelay]> {
    const url = redis().newUrl()
    const way = await TcpRelay.to(redis().port)
    return [await aNode(url, 'one'), await aNode(url.replace(/:\d+\//, `:${way.port}/`), 'two'), way]
  }

  const request = (secret = '') => aRequest({ credential: tokenCredential(secret) })

  async function aViewer({ operations, gate }: Node) {
    const [token] = await operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play' })
    const attempt = await gate.reserve(request(token?.tokenId ?? ''))
    const connection = new FakeConnection()
    const admission = attempt.ok ? await attempt.spend(connection) : attempt
    expect(admission).toMatchObject({ ok: true })
    return { connection, refs: [token?.id ?? ''] }
  }

  it.each([
    ['before', [500]],
    ['after', [0, 500]],
  ])('ends what was revoked meanwhile once it is back, though it hears events %s it can ask', async (_, delays) => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.cut()
    expect(await one.operations.revokeTokens({ refs })).toMatchObject({ revoked: refs })
    expect(connection.closed).toEqual([])
    way.heal(...delays)
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
    expect(connection.closed).toEqual(['revoked'])
  })

  it('gives up connections that nothing passes on, and finds another way', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.hush()
    await one.operations.revokeTokens({ refs })
    expect(await two.gate.reserve(request('nobody’s'))).toMatchObject({ code: 'STORE_FAILED' })
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
    const next = await aViewer(two)
    await one.operations.revokeTokens({ refs: next.refs })
    await eventually(() => (next.connection.closed.length > 0 ? true : undefined), BACK)
  })
})
