import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectDaemon } from '../../src/cli/daemon-client.ts'
import StreamList from '../../src/commands/stream/list.ts'
import type { DaemonOperations, ListedSession } from '../../src/services/daemon-operations.ts'
import { parseRedisLocation } from '../../src/store/redis/location.ts'
import { amsctl, serve, temporaryDirectory } from '../support/amsctl.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { publishing } from '../support/ffmpeg.ts'
import { killServingDaemon } from '../support/kills.ts'
import { noteSecret } from '../support/leaks.ts'
import { aPanelHouse } from '../support/panel-house.ts'
import { describeWith } from '../support/programs.ts'
import { RedisServer, sharedRedis } from '../support/redis.ts'
import { runCommand } from '../support/run-command.ts'

const STREAM = ['--stream', 'cam', '--type', 'play']

afterEach(() => vi.unstubAllEnvs())

interface NodeDaemon {
  readonly dataDir: string
  readonly http: string
  readonly rtmp: string
  ask<T>(question: (daemon: DaemonOperations) => Promise<T>): Promise<T>
}

/** A daemon in this process, asked over its control socket as commands do. */
async function startNode(url: string, node: string): Promise<NodeDaemon> {
  const store = { location: parseRedisLocation(url), password: null, ca: null }
  const { daemon, dataDir, url: http } = await aPanelHouse({ store, node, panel: false })
  const rtmp = `rtmp://127.0.0.1:${daemon.status().listen.rtmp?.port}`
  const ask: NodeDaemon['ask'] = async (question) => {
    const connection = await connectDaemon(dataDir)
    if (!connection) throw new Error('no daemon to ask')
    return question(connection.daemon).finally(() => connection.close())
  }
  return { dataDir, http, rtmp, ask }
}

async function mint({ ask }: NodeDaemon): Promise<string> {
  const [token] = await ask((daemon) => daemon.createTokens({ app: 'LiveApp', streamId: 'cam', type: 'play' }))
  return noteSecret(String(token?.tokenId))
}

async function validates({ http }: NodeDaemon, tokenId: string): Promise<boolean> {
  const answer = await fetch(`${http}/LiveApp/rest/v2/broadcasts/validate-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tokenId, streamId: 'cam', type: 'play' }),
  })
  return ((await answer.json()) as { success: boolean }).success
}

/** Reads as a player does; resolves when the server ends it. */
async function ended(answer: Response): Promise<void> {
  await answer.arrayBuffer().catch(() => undefined)
}

function sessionsOf(daemon: NodeDaemon): Promise<ListedSession[]> {
  return daemon.ask((operations) => operations.listSessions())
}

describeWith(['redis-server'], 'daemons that share a Redis', () => {
  const redis = sharedRedis()

  it('let one in among many that ask 2 and 4 of them, and commands', async () => {
    const url = redis().newUrl()
    vi.stubEnv('AMSCTL_STORE', url)
    const daemons = await Promise.all(['a', 'b', 'c', 'd'].map((node) => startNode(url, node)))
    for (const count of [2, 4]) {
      const token = await mint(daemons[0] as NodeDaemon)
      const asked = daemons.slice(0, count)
      const overRest = [...asked, ...asked, ...asked].map((daemon) => validates(daemon, token))
      const ofMachines = [1, 2].map(async () => {
        const { code } = await amsctl(['token', 'redeem', token, ...STREAM], { dataDir: await temporaryDirectory() })
        return code === 0
      })
      const outcomes = await Promise.all([...overRest, ...ofMachines])
      expect(outcomes.filter(Boolean)).toHaveLength(1)
    }
  })

  it('lose no token and revive none where one is killed at any instant', async () => {
    vi.stubEnv('AMSCTL_STORE', redis().newUrl())
    const dataDir = await temporaryDirectory()
    for (let round = 0; round < 2; round++) expect(await killServingDaemon(dataDir)).toBeGreaterThan(10)
  })

  it('tell where the store is, and keep its password to themselves', async () => {
    const server = await RedisServer.start('--requirepass', 'sesame-street')
    try {
      const url = server.newUrl()
      vi.stubEnv('AMSCTL_STORE', url)
      const refused = await amsctl(['serve'], { dataDir: await temporaryDirectory() })
      expect(refused).toMatchObject({ code: 5, stderr: expect.stringMatching(/NOAUTH/) })
      vi.stubEnv('AMSCTL_STORE_PASSWORD', 'sesame-street')
      const daemon = await serve()
      expect((await daemon.status()).store).toBe(url)
      expect(daemon.log).not.toContain('sesame-street')
      const other = ['token', 'list', '--store', 'redis://127.0.0.1:1/0']
      expect(await daemon.run(other)).toMatchObject({ code: 2, stderr: expect.stringMatching(/not at redis:/) })
      const visible = ['token', 'list', '--store', 'redis://:sesame-street@127.0.0.1/0']
      const told = await daemon.run(visible)
      expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/must not hold a password/) })
      expect(told.stderr).not.toContain('sesame-street')
    } finally {
      await server.stop()
    }
  })
})

describeWith(['redis-server', 'ffmpeg'], 'viewers of daemons that share a Redis', () => {
  const redis = sharedRedis()

  /** `a` and `b`, on both of which `cam` is live. */
  async function twoLive(): Promise<[NodeDaemon, NodeDaemon]> {
    const url = redis().newUrl()
    const [a, b] = await Promise.all([startNode(url, 'a'), startNode(url, 'b')])
    for (const { rtmp } of [a, b]) publishing(`${rtmp}/LiveApp/cam`)
    await eventually(async () => {
      const streams = await a.ask((operations) => operations.listStreams())
      return streams.length === 2 ? true : undefined
    })
    await a.ask((daemon) => daemon.setTokenControl({ enable: true, types: ['play'], kick: false }))
    await eventually(async () => (await b.ask((daemon) => daemon.status())).tokenControl.play || undefined)
    return [a, b]
  }

  it('are listed, kicked and revoked from another one', async () => {
    const [a, b] = await twoLive()
    const listed = await runCommand(StreamList, ['--node', 'b', '--data-dir', a.dataDir])
    expect(listed.stdout).toMatch(/^LiveApp\tcam\t.*\tb\n$/)
    const watch = async () => {
      const token = await mint(a)
      const answer = await fetch(`${a.http}/LiveApp/streams/cam.flv?token=${token}`)
      expect(answer.status).toBe(200)
      const over = ended(answer)
      const found = await eventually(async () =>
        (await sessionsOf(b)).find(({ node, type }) => node === 'a' && type === 'play'),
      )
      expect(found.protocol).toBe('http-flv')
      return { over, id: found.id, tokenId: String(found.tokenId) }
    }
    const kicked = await watch()
    await b.ask((operations) => operations.kickSession({ id: kicked.id, revoke: false }))
    await kicked.over

    const revoked = await watch()
    const report = await b.ask((daemon) => daemon.revokeTokens({ refs: [revoked.tokenId] }))
    expect(report).toMatchObject({ revoked: [revoked.tokenId], sessions: 1 })
    const since = performance.now()
    await revoked.over
    expect(performance.now() - since).toBeLessThan(PROMPT)
    expect((await sessionsOf(b)).filter(({ type }) => type === 'play')).toEqual([])
  })

  it('over HLS go on at another one, where the token is spent', async () => {
    const [a, b] = await twoLive()
    const token = await mint(b)
    const master = await fetch(`${a.http}/LiveApp/streams/cam.m3u8?token=${token}`)
    expect(master.status).toBe(200)
    const child = (await master.text()).split('\n').find((line) => line !== '' && !line.startsWith('#'))
    const playlist = new URL(String(child), `${b.http}/LiveApp/streams/cam.m3u8`)
    expect((await fetch(playlist)).status).toBe(200)
    expect((await fetch(`${b.http}/LiveApp/streams/cam.m3u8?token=${token}`)).status).toBe(403)
    expect(await sessionsOf(b)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ protocol: 'hls', node: 'a' })]),
    )
  })
})

describe('the store in files', () => {
  it('costs nobody the client of Redis', async () => {
    const dataDir = await temporaryDirectory()
    const traced = { NODE_DEBUG: 'esm,module' }
    const { stderr, code } = await amsctl(['token', 'create', 'cam', '--type', 'play'], { dataDir, env: traced })
    expect(code).toBe(0)
    expect(stderr).toContain('store/open.js')
    expect(stderr).not.toContain('ioredis')
  })
})
