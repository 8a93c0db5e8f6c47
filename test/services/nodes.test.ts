import { expect, it } from 'vitest'
import { openDaemonStore } from '../../src/daemon/store.ts'
import type { AccessRequest } from '../../src/domain/access.ts'
import { channelOf, NODES, slotOf } from '../../src/store/redis/keys.ts'
import { parseRedisLocation } from '../../src/store/redis/location.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { standingClock } from '../support/clock.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { aNode, type Node, twoNodes } from '../support/nodes.ts'
import { describeWith } from '../support/programs.ts'
import { aRedisStore, sharedRedis } from '../support/redis.ts'
import { FakeConnection, tokenCredential } from '../support/services.ts'
import { aSession, aUse, tokenNumber } from '../support/store.ts'
import { aRequest } from '../support/tokens.ts'

async function mint({ operations }: Node, uses: number | null = 1) {
  const [token] = await operations.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play', uses })
  if (!token) throw new Error('one was minted')
  return { id: token.id, request: aRequest({ credential: tokenCredential(token.tokenId) }) }
}

/** Lets a connection in at `node`; the code of the refusal where it may not. */
async function connect({ gate }: Node, request: AccessRequest) {
  const connection = new FakeConnection()
  const attempt = await gate.reserve(request)
  const admission = attempt.ok ? await attempt.spend(connection) : attempt
  return { connection, admission, code: admission.ok ? 'OK' : admission.code }
}

async function openKept({ gate }: Node, request: AccessRequest): Promise<AccessRequest> {
  const attempt = await gate.reserve({ ...request, protocol: 'hls' })
  const kept = attempt.ok ? await attempt.keep() : attempt
  if (!kept.ok || kept.secret === null) throw new Error('it was let in')
  return { ...request, protocol: 'hls', credential: { kind: 'session', secret: kept.secret } }
}

const isClosed = ({ connection }: { connection: FakeConnection }) => (connection.closed.length > 0 ? true : undefined)

describeWith(['redis-server'], 'nodes that share a store', () => {
  const redis = sharedRedis()

  it('spend what another one minted, once', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { request } = await mint(one)
    expect((await connect(two, request)).code).toBe('OK')
    expect((await connect(one, request)).code).toBe('TOKEN_USED')
  })

  it('have exactly one winner in every race', async () => {
    const url = redis().newUrl()
    const nodes = [
      await aNode(url, 'one'),
      await aNode(url, 'two'),
      await aNode(url, 'three'),
      await aNode(url, 'four'),
    ]
    for (let round = 0; round < 25; round++) {
      const { request } = await mint(nodes[round % 4] as Node)
      const outcomes = await Promise.all([...nodes, ...nodes].map((node) => connect(node, request)))
      expect(outcomes.filter(({ code }) => code === 'OK')).toHaveLength(1)
      expect(outcomes.every(({ code }) => ['OK', 'TOKEN_USED', 'TOKEN_RESERVED'].includes(code))).toBe(true)
    }
  })

  it('end what a revoke elsewhere forbids, within a second, and the report counts it', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { id, request } = await mint(one)
    const viewer = await connect(two, request)
    const report = await one.operations.revokeTokens({ refs: [id] })
    expect(report).toMatchObject({ revoked: [id], sessions: 1 })
    await eventually(() => isClosed(viewer), PROMPT)
    expect(viewer.connection.closed).toEqual(['revoked'])
  })

  it('heed nothing that no node has said', async () => {
    const url = redis().newUrl()
    const [one, two] = await twoNodes(url)
    const { id, request } = await mint(one)
    const viewer = await connect(two, request)
    const events = channelOf(parseRedisLocation(url).db, 'events')
    for (const channel of [events, `${events}:two`]) {
      for (const said of [
        'nonsense',
        '',
        'null',
        '1',
        '"revoked"',
        '[]',
        '{}',
        '{"kind":"revoked"}',
        '{"answers":1}',
      ]) {
        expect(await redis().ask(url, (server) => server.publish(channel, said))).toBeGreaterThan(0)
      }
    }
    await one.operations.revokeTokens({ refs: [id] })
    await eventually(() => isClosed(viewer), PROMPT)
    expect(viewer.connection.closed).toEqual(['revoked'])
  })

  it('take over a setting within a second, and keep each what the other one set', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    await Promise.all([
      one.settings.set('guess-limit', '7'),
      two.settings.set('public-url', 'https://live.example.org'),
    ])
    const agree = ({ settings: { values } }: Node) =>
      values['guess-limit'] === 7 && values['public-url'] === 'https://live.example.org'
    await eventually(() => (agree(one) && agree(two) ? true : undefined), PROMPT)
  })

  it('go on with a session that another one opened, which is kicked there for good', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { request } = await mint(one)
    const session = await openKept(one, request)
    const visit = await two.gate.visit(session)
    expect(visit).toMatchObject({ ok: true })
    const [own] = one.sessions.list()
    one.sessions.kick(String(own?.id))
    await eventually(() => (visit.ok && visit.signal.aborted ? true : undefined), PROMPT)
    expect(await two.gate.visit(session)).toMatchObject({ code: 'SESSION_INVALID' })
    expect(await one.gate.visit(session)).toMatchObject({ code: 'SESSION_INVALID' })
  })

  it('list a session once, and hand it over to who serves it', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { request } = await mint(one)
    const session = await openKept(one, request)
    await two.gate.visit(session).then((visit) => visit.ok && visit.done())
    expect([one.sessions.list().length, two.sessions.list().length]).toEqual([1, 0])
    two.time.now += 31
    await two.gate.visit(session).then((visit) => visit.ok && visit.done())
    await eventually(() => (one.sessions.list().length === 0 ? true : undefined), PROMPT)
    expect(two.sessions.list()).toHaveLength(1)
    // Who had it before may think it idle, and yet must not end it.
    one.time.now += 10_000
    one.sessions.sweep()
    expect(await two.gate.visit(session)).toMatchObject({ ok: true })
  })

  it('resume within the grace what was lost at another one, and end the older connection', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    await one.settings.set('reconnect-grace', '30s')
    await eventually(() => (two.settings.values['reconnect-grace'] === 30 ? true : undefined), PROMPT)
    const { request } = await mint(one)
    const first = await connect(one, request)
    const second = await connect(two, request)
    expect(second.code).toBe('OK')
    await eventually(() => isClosed(first), PROMPT)
    expect(first.connection.closed).toEqual(['replaced'])
    if (second.admission.ok) second.admission.leave('lost')
    expect((await connect(one, request)).code).toBe('OK')
  })

  it('learn from the store what they missed', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { id, request } = await mint(one)
    const viewer = await connect(two, request)
    const hls = await mint(one)
    const session = await openKept(one, hls.request)
    const visit = await two.gate.visit(session)
    two.time.now += 60
    await two.nodes.leave()
    await one.operations.revokeTokens({ refs: [id, hls.id] })
    await one.settings.set('guess-limit', '9')
    await two.watch.catchUp()
    expect(viewer.connection.closed).toEqual(['revoked'])
    expect(visit.ok && visit.signal.aborted).toBe(true)
    expect(await two.gate.visit(session)).toMatchObject({ code: 'SESSION_INVALID' })
    expect(two.settings.values['guess-limit']).toBe(9)
  })

  it('learn of what was done after they had read the store and before they listened', async () => {
    const url = redis().newUrl()
    const one = await aNode(url, 'one')
    const token = tokenNumber(1)
    await one.store.tokens.add([token])
    const earlier = await aRedisStore(url, { node: 'two' })
    const session = aSession({ tokenHash: token.hash, secretHash: 'b'.repeat(64) })
    await earlier.tokens.spend(token.hash, session.id, aUse(), session)
    const two = await aNode(url, 'two', async () => {
      await one.operations.revokeTokens({ refs: [token.id] })
      await one.settings.set('guess-limit', '9')
    })
    expect(two.sessions.list()).toEqual([])
    expect(two.settings.values['guess-limit']).toBe(9)
  })

  it('go on with live sessions where the store has lost everything', async () => {
    const url = redis().newUrl()
    const one = await aNode(url, 'one')
    const { request } = await mint(one)
    const viewer = await connect(one, request)
    one.time.now += 60
    await redis().ask(url, (server) => server.flushdb())
    await one.watch.catchUp()
    expect(viewer.connection.closed).toEqual([])
    expect((await connect(one, (await mint(one)).request)).code).not.toBe('STORE_FAILED')
  })

  it('end the live sessions of a node that is gone, and keep the others', async () => {
    const url = redis().newUrl()
    const gone = await aRedisStore(url, { node: 'gone' })
    const [live, kept] = [tokenNumber(1), tokenNumber(2)]
    await gone.tokens.add([live, kept])
    await gone.tokens.spend(live.hash, 'a', aUse(), aSession({ id: 'ss_aaaaaaaaaaaa', tokenHash: live.hash }))
    const secretHash = 'b'.repeat(64)
    const hls = aSession({ id: 'ss_bbbbbbbbbbbb', tokenHash: kept.hash, secretHash })
    await gone.tokens.spend(kept.hash, 'b', aUse(), hls)
    const one = await aNode(url, 'one')
    const silent = await aNode(url, 'gone')
    await silent.nodes.leave()
    const left = await eventually(async () => {
      const stored = await one.shared.sessions.everywhere()
      return stored.every(({ node }) => node === 'one') ? stored : undefined
    })
    expect(left.map(({ session }) => session.id)).toEqual([hls.id])
    expect(one.sessions.list()).toMatchObject([{ id: hls.id }])
  })

  it('do not take each other for dead where the store was away', async () => {
    // They have listened for a moment only, however long it takes.
    standingClock()
    const url = redis().newUrl()
    const [one, two] = await twoNodes(url)
    const viewer = await connect(two, (await mint(one)).request)
    await redis().ask(url, (server) => server.zadd(NODES, 1, 'one', 1, 'two'))
    await eventually(async () => {
      const scores = await redis().ask(url, (server) => server.zmscore(NODES, 'one', 'two'))
      return scores.every((score) => Number(score) > 1) ? true : undefined
    })
    expect(viewer.connection.closed).toEqual([])
    expect(await one.shared.sessions.everywhere()).toMatchObject([{ node: 'two' }])
  })

  it('keep a connection that was taken for lost, and end it with its token', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const { id, request } = await mint(one)
    const viewer = await connect(two, request)
    const [stored] = await one.shared.sessions.everywhere()
    if (!stored) throw new Error('it is stored')
    await two.nodes.leave()
    one.sessions.inherit([stored.session])
    await eventually(async () => ((await one.shared.sessions.everywhere()).length === 0 ? true : undefined))
    two.time.now += 60
    await two.watch.catchUp()
    expect(two.sessions.list()).toHaveLength(1)
    await one.operations.revokeTokens({ refs: [id] })
    await two.watch.catchUp()
    expect(viewer.connection.closed).toEqual(['revoked'])
  })

  it('make one first user, however many are made at once', async () => {
    const [one, two] = await twoNodes(redis().newUrl())
    const first = (node: Node) => node.users.createFirst({ name: 'admin', password: 'correct horse battery staple' })
    const made = await Promise.allSettled([first(one), first(two)])
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.all([one.settings.reload(), two.settings.reload()])
    expect([one.users.list().length, two.users.list().length]).toEqual([1, 1])
  })

  it('have names of their own', async () => {
    const url = redis().newUrl()
    await aNode(url, 'one')
    await expect(aNode(url, 'one')).rejects.toMatchObject({ code: 'DAEMON_RUNNING' })
    // Before a daemon takes the sessions of the other one for its own.
    const dataDir = await temporaryDirectory()
    const store = { location: parseRedisLocation(url), password: null, ca: null }
    for (let tries = 0; tries < 2; tries++) {
      const twin = openDaemonStore({ dataDir, store, node: 'one' })
      await expect(twin).rejects.toMatchObject({ code: 'DAEMON_RUNNING', message: expect.stringMatching(/--node/) })
    }
  })

  it('answer each other', async () => {
    const [one] = await twoNodes(redis().newUrl())
    // An answer that takes longer than three seconds is not waited for.
    const answers = await eventually(async () => {
      const heard = await one.nodes.ask('how are you')
      return heard.length > 0 ? heard : undefined
    })
    expect(answers).toEqual([{ node: 'two', question: 'how are you' }])
  })

  it('keep all that is of one token in one slot of a cluster', () => {
    const tags = slotOf('c'.repeat(64)).map((key) => /\{(.*)\}/.exec(key)?.[1])
    expect(new Set(tags)).toEqual(new Set(['c'.repeat(64)]))
  })
})
