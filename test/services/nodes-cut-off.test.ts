import { expect, it } from 'vitest'
import { CONFIGURATION } from '../../src/store/redis/keys.ts'
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

  /** A viewer over HTTP at `served`, of whom `other` knows too; `visit` is a request that is being answered there. */
  async function aSharedViewer(served: Node, other: Node) {
    const [token] = await served.operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play' })
    const attempt = await served.gate.reserve({ ...request(token?.tokenId ?? ''), protocol: 'hls' })
    const kept = attempt.ok ? await attempt.keep() : attempt
    if (!kept.ok || kept.secret === null) throw new Error('it was let in')
    const session = aRequest({ protocol: 'hls', credential: { kind: 'session', secret: kept.secret } })
    const [visit, elsewhere] = [await served.gate.visit(session), await other.gate.visit(session)]
    if (!visit.ok || !elsewhere.ok) throw new Error('it is let in on both')
    elsewhere.done()
    return { visit, id: String(visit.sessionId) }
  }

  /** Another node inherits all sessions, whose connections nobody can resume. */
  async function takeForLost({ sessions, shared }: Node): Promise<void> {
    sessions.inherit((await shared.sessions.everywhere()).map(({ session }) => session))
    await eventually(async () => ((await shared.sessions.everywhere()).length === 0 ? true : undefined))
  }

  const prune = ({ operations }: Node) => operations.pruneTokens({ older: 0 })

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

  it('ends what was revoked meanwhile, though the token is pruned by then', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.cut()
    await one.operations.revokeTokens({ refs })
    expect(await prune(one)).toEqual({ pruned: 1 })
    way.heal()
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
    expect(connection.closed).toEqual(['revoked'])
  })

  it('ends what was revoked and pruned after its session was taken for lost', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.cut()
    await takeForLost(one)
    await one.operations.revokeTokens({ refs })
    expect(await prune(one)).toEqual({ pruned: 1 })
    way.heal()
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
    expect(connection.closed).toEqual(['revoked'])
  })

  it('keeps a viewer whose session was taken for lost and whose used token was pruned', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection } = await aViewer(two)
    two.time.now += 60
    way.cut()
    await takeForLost(one)
    expect(await prune(one)).toEqual({ pruned: 1 })
    way.heal()
    await eventually(
      () =>
        two.watch.catchUp().then(
          () => true,
          () => undefined,
        ),
      BACK,
    )
    expect(connection.closed).toEqual([])
  })

  it.each([
    ['younger than ten seconds', 0, false],
    ['younger than ten seconds, though its token is pruned by then', 0, true],
    ['older than that, though its token is pruned by then', 60, true],
  ])('ends once it is back a session that was kicked meanwhile, %s', async (_, age, isPruned) => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { visit, id } = await aSharedViewer(two, one)
    two.time.now += age
    way.cut()
    one.sessions.kick(id)
    await eventually(async () => ((await one.shared.sessions.everywhere()).length === 0 ? true : undefined))
    if (isPruned) expect(await prune(one)).toEqual({ pruned: 1 })
    expect(visit.signal.aborted).toBe(false)
    way.heal()
    await eventually(() => visit.signal.aborted || undefined, BACK)
    expect(visit.signal.reason).toBe('kicked')
  })

  it('ends what was revoked meanwhile, though it cannot read the settings', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.cut()
    await one.operations.revokeTokens({ refs })
    await redis().ask(one.url, (server) => server.hset(CONFIGURATION, 'v', 99))
    way.heal()
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
    expect(connection.closed).toEqual(['revoked'])
  })

  it('ends what was revoked just as it began to compare what it has with the store', async () => {
    const [one, two] = await twoNodesAndTheWay()
    const { sessions } = two.shared
    const everywhere = sessions.everywhere.bind(sessions)
    await two.nodes.leave()
    const connections: FakeConnection[] = []
    sessions.everywhere = async () => {
      const { connection, refs } = await aViewer(two)
      await one.operations.revokeTokens({ refs })
      connections.push(connection)
      return everywhere()
    }
    await two.watch.catchUp()
    expect(connections.map(({ closed }) => closed)).toEqual([['revoked']])
  })

  it('hears of others again, though its way broke several times as it began to listen', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { connection, refs } = await aViewer(two)
    way.cut()
    way.breakAt('subscribe', 3)
    way.heal()
    await eventually(() => way.breaksLeft === 0 || undefined, BACK)
    await one.operations.revokeTokens({ refs })
    await eventually(() => (connection.closed.length > 0 ? true : undefined), BACK)
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
