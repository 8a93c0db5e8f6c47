import { expect, it } from 'vitest'
import type { AccessRequest } from '../../src/domain/access.ts'
import { hashSecret } from '../../src/domain/secret.ts'
import { slotOf } from '../../src/store/redis/keys.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { aNode, type Node, twoNodes } from '../support/nodes.ts'
import { describeWith } from '../support/programs.ts'
import { sharedRedis } from '../support/redis.ts'
import { FakeConnection, tokenCredential } from '../support/services.ts'
import { TcpRelay } from '../support/tcp-relay.ts'
import { aRequest } from '../support/tokens.ts'

/** Within that a busy machine finds its way back, in milliseconds. */
const BACK = 20_000

describeWith(['redis-server'], 'what nodes do at the same moment', () => {
  const redis = sharedRedis()

  async function withGrace<T extends readonly Node[]>(nodes: T): Promise<T> {
    await nodes[0]?.settings.set('reconnect-grace', '30s')
    for (const { settings } of nodes) await settings.reload()
    return nodes
  }

  async function mint({ operations }: Node, uses = 1) {
    const [token] = await operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play', uses })
    const secret = token?.tokenId ?? ''
    return { id: token?.id ?? '', hash: hashSecret(secret), request: aRequest({ credential: tokenCredential(secret) }) }
  }

  async function reserve({ gate }: Node, request: AccessRequest) {
    const attempt = await gate.reserve(request)
    if (!attempt.ok) throw new Error(attempt.code)
    return attempt
  }

  async function connect(node: Node, request: AccessRequest) {
    const connection = new FakeConnection()
    const admission = await (await reserve(node, request)).spend(connection)
    if (!admission.ok) throw new Error(admission.code)
    return { connection, admission }
  }

  async function keep(attempt: Awaited<ReturnType<typeof reserve>>): Promise<AccessRequest> {
    const kept = await attempt.keep()
    if (!kept.ok || kept.secret === null) throw new Error('it was let in')
    return aRequest({ protocol: 'hls', credential: { kind: 'session', secret: kept.secret } })
  }

  const owners = async ({ shared }: Node) => (await shared.sessions.everywhere()).map(({ node }) => node)

  const isLost = ({ shared }: Node) =>
    eventually(async () => {
      const stored = await shared.sessions.everywhere()
      return stored.some(({ session }) => session.lostAt !== null) || undefined
    })

  /** The node `two` reaches the store over a way of its own. */
  async function twoNodesAndTheWay(): Promise<[Node, Node, TcpRelay]> {
    const url = redis().newUrl()
    const way = await TcpRelay.to(redis().port)
    const nodes = [await aNode(url, 'one'), await aNode(url.replace(/:\d+\//, `:${way.port}/`), 'two')] as const
    return [...(await withGrace(nodes)), way]
  }

  it('is no spend taken back whose session somebody went on with elsewhere before its answer was given up', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { hash, request } = await mint(one)
    const attempt = await reserve(two, request)
    way.mute()
    const spending = attempt.spend(new FakeConnection())
    await eventually(async () => (await one.store.tokens.findByHash(hash))?.used || undefined)
    const { connection } = await connect(one, request)
    expect(await spending).toMatchObject({ code: 'STORE_FAILED' })
    await eventually(async () => {
      const holders = await redis().ask(one.url, (server) => server.zrange(slotOf(hash)[1], 0, -1))
      return holders.some((holder) => holder.startsWith('!')) || undefined
    }, BACK)
    expect(await one.gate.reserve({ ...request, address: '203.0.113.8' })).toMatchObject({ code: 'TOKEN_USED' })
    expect(await owners(one)).toEqual(['one'])
    expect(connection.closed).toEqual([])
  })

  it('is no session taken from who went on with it by the node that tells late that it was lost', async () => {
    const [one, two, way] = await twoNodesAndTheWay()
    const { request } = await mint(one)
    const first = await connect(two, request)
    way.cut()
    first.admission.leave('lost')
    const { connection } = await connect(one, request)
    way.heal()
    const isBack = () =>
      two.watch.catchUp().then(
        () => true,
        () => undefined,
      )
    await eventually(isBack, BACK)
    await two.watch.catchUp()
    await one.watch.catchUp()
    expect(await owners(one)).toEqual(['one'])
    expect(connection.closed).toEqual([])
  })

  it('is no session taken from who goes on with it by the node that loses it before it hears of that', async () => {
    const [one, two] = await withGrace(await twoNodes(redis().newUrl()))
    const { request } = await mint(one)
    const first = await connect(two, request)
    await two.nodes.leave()
    const { connection } = await connect(one, request)
    first.admission.leave('lost')
    await two.watch.catchUp()
    await one.watch.catchUp()
    expect(await owners(one)).toEqual(['one'])
    expect(connection.closed).toEqual([])
  })

  /** A session that a third one lost. */
  async function twoNodesAndALostOne() {
    const url = redis().newUrl()
    const [one, two] = await twoNodes(url)
    const third = await aNode(url, 'three')
    await withGrace([one, two, third])
    const { request } = await mint(one)
    const { admission } = await connect(third, request)
    admission.leave('lost')
    await isLost(one)
    const attempts = (asked: AccessRequest) => Promise.all([reserve(one, asked), reserve(two, asked)])
    return { one, two, request, attempts }
  }

  it('leaves one connection of two that take a session over', async () => {
    const { one, two, request, attempts } = await twoNodesAndALostOne()
    const [here, there] = await attempts(request)
    const connections = [new FakeConnection(), new FakeConnection()] as const
    await Promise.all([here.spend(connections[0]), there.spend(connections[1])])
    const open = () => connections.filter(({ closed }) => closed.length === 0)
    await eventually(() => open().length < 2 || undefined, PROMPT)
    await Promise.all([one.watch.catchUp(), two.watch.catchUp()])
    expect(open()).toHaveLength(1)
    expect(await owners(one)).toEqual([open()[0] === connections[0] ? 'one' : 'two'])
  })

  it('leaves one link of two by which a session is taken over', async () => {
    const { one, two, request, attempts } = await twoNodesAndALostOne()
    const [here, there] = await Promise.all((await attempts({ ...request, protocol: 'hls' })).map(keep))
    const isIn = async () => {
      const visits = await Promise.all([one.gate.visit(here as AccessRequest), two.gate.visit(there as AccessRequest)])
      return visits.map(({ ok }) => ok)
    }
    await eventually(async () => ((await isIn()).includes(false) ? true : undefined), PROMPT)
    await Promise.all([one.watch.catchUp(), two.watch.catchUp()])
    expect((await isIn()).toSorted()).toEqual([false, true])
  })

  it.each(['withSecret', 'ofToken'] as const)(
    'ends what is revoked while the store is asked for it, %s',
    async (how) => {
      const [one, two] = await withGrace(await twoNodes(redis().newUrl()))
      const { id, request } = await mint(one, 2)
      const witness = await connect(two, { ...request, address: '203.0.113.9' })
      const link = how === 'withSecret' ? await keep(await reserve(one, { ...request, protocol: 'hls' })) : request
      if (how === 'ofToken') {
        const { admission } = await connect(one, request)
        admission.leave('lost')
        await isLost(one)
      }
      const { sessions } = two.shared
      const read: (hash: string) => Promise<unknown> = sessions[how].bind(sessions)
      const readAndRevoke = async (hash: string) => {
        const found = await read(hash)
        await one.operations.revokeTokens({ refs: [id] })
        await eventually(() => witness.connection.closed.length > 0 || undefined, PROMPT)
        return found
      }
      Object.assign(sessions, { [how]: readAndRevoke })
      const asked = how === 'withSecret' ? await two.gate.visit(link) : await two.gate.reserve(link)
      expect(asked.ok).toBe(false)
      expect(two.sessions.list()).toEqual([])
    },
  )

  it('ends what is revoked while it is inherited', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { id, request } = await mint(one)
    const link = await keep(await reserve(two, { ...request, protocol: 'hls' }))
    const [stored] = await one.shared.sessions.everywhere()
    await one.operations.revokeTokens({ refs: [id] })
    if (stored) one.watch.inherit([stored.session])
    await eventually(async () => ((await one.gate.visit(link)).ok ? undefined : true), PROMPT)
    expect(one.sessions.list()).toEqual([])
  })
})
