import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ServedDaemon } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { HttpPlayer } from '../support/http-house.ts'
import { noteSecret } from '../support/leaks.ts'
import { describeWith } from '../support/programs.ts'
import { RtmpClient } from '../support/rtmp-client.ts'
import { portOf, publisherAt, sharedNodes } from '../support/served-nodes.ts'
import { Page } from '../support/signalling.ts'

const REASON = /the token store cannot be used now; the token is unspent/

interface Tokens {
  readonly play: string
  readonly publish: string
}

async function overHttp(address: string): Promise<unknown> {
  const answer = await fetch(address)
  return [answer.status, ((await answer.json()) as { error: unknown }).error]
}

async function overRtmp(daemon: ServedDaemon, type: 'play' | 'publish', name: string): Promise<unknown> {
  const client = await RtmpClient.at(portOf(daemon))
  client[type](name)
  return client.until(() => client.statuses.find(({ level }) => level === 'error'))
}

async function overWebSocket({ http }: ServedDaemon, command: string, streamId: string, token: string) {
  const page = await Page.open(`${http.replace('http', 'ws')}/LiveApp/websocket`)
  page.send({ command, streamId, token })
  return page.next()
}

/** Every way to come in is refused, with the reason, in the words of its protocol. */
async function refusesAll(daemon: ServedDaemon, { play, publish }: Tokens): Promise<void> {
  const streams = `${daemon.http}/LiveApp/streams`
  const store = { code: 'STORE_FAILED', message: expect.stringMatching(REASON) }
  const status = (code: string) => ({ level: 'error', code, description: expect.stringMatching(REASON) })
  const error = (streamId: string) => ({
    ...{ command: 'error', definition: 'not_initialized_yet', streamId },
    information: expect.stringMatching(REASON),
  })
  const rest = await Promise.all([
    overHttp(`${streams}/cam.flv?token=${play}`).then((answer) => expect(answer).toMatchObject([503, store])),
    overHttp(`${streams}/cam.m3u8?token=${play}`).then((answer) => expect(answer).toMatchObject([503, store])),
    overRtmp(daemon, 'play', `cam?token=${play}`).then((answer) =>
      expect(answer).toMatchObject(status('NetStream.Play.Failed')),
    ),
    overRtmp(daemon, 'publish', `next?token=${publish}`).then((answer) =>
      expect(answer).toMatchObject(status('NetStream.Publish.BadName')),
    ),
    overWebSocket(daemon, 'play', 'cam', play).then((answer) => expect(answer).toMatchObject(error('cam'))),
    overWebSocket(daemon, 'publish', 'next', publish).then((answer) => expect(answer).toMatchObject(error('next'))),
    fetch(
      `${daemon.http}/LiveApp/rest/v2/broadcasts/cam/token?expireDate=${Math.ceil(Date.now() / 1000) + 600}&type=play`,
    ),
  ]).then((all) => all[6])
  expect(rest.status).toBe(503)
  expect(await rest.text()).toMatch(/redis:.* cannot be used/)
}

/** Plays `streamId` with `token` as soon as it is let in. */
function playsAgain({ http }: ServedDaemon, token: string): Promise<HttpPlayer> {
  return eventually(() =>
    HttpPlayer.open(`${http}/LiveApp/streams/cam.flv?token=${token}`).catch((error: Error) => {
      if (error.message.startsWith('503')) return undefined
      throw error
    }),
  )
}

/** Opens a session at a recording; asks for a part of it. */
async function aFilm(daemon: ServedDaemon): Promise<() => Promise<number>> {
  const { http, dataDir } = daemon
  await mkdir(join(dataDir, 'streams/LiveApp'), { recursive: true })
  await writeFile(join(dataDir, 'streams/LiveApp/film.mp4'), Buffer.alloc(1000))
  const url = `${http}/LiveApp/streams/film.mp4?token=${await daemon.mint('film', 'play')}`
  const location = (await fetch(url, { redirect: 'manual' })).headers.get('location')
  noteSecret(String(new URL(String(location), http).searchParams.get('session')))
  return async () => (await fetch(`${http}${location}`, { headers: { range: 'bytes=0-9' } })).status
}

describeWith(['redis-server'], 'a daemon whose Redis is away', () => {
  const nodes = sharedNodes()

  it.each([
    ['was killed', 'SIGKILL'],
    ['does not answer', 'SIGSTOP'],
  ] as const)('because it %s lets nobody in, keeps who is in, and burns nothing', async (_, signal) => {
    const { a, redis } = nodes()
    const publisher = await publisherAt(a, 'cam')
    const [first, play, publish] = await Promise.all([
      a.mint('cam', 'play'),
      a.mint('cam', 'play'),
      a.mint('next', 'publish'),
    ])
    const viewer = await playsAgain(a, first)
    const film = await aFilm(a)
    if (signal === 'SIGKILL') await redis.kill()
    else redis.signal(signal)
    await refusesAll(a, { play, publish })
    publisher.frame('meanwhile', { timestamp: 40 })
    await viewer.until('meanwhile')
    expect(await film()).toBe(206)

    if (signal === 'SIGKILL') await redis.begin()
    else redis.signal('SIGCONT')
    await (await playsAgain(a, play)).until('meanwhile')
    const next = await RtmpClient.at(portOf(a))
    next.publish(`next?token=${publish}`)
    await next.status('NetStream.Publish.Start')
    publisher.frame('after', { timestamp: 80 })
    await viewer.until('after')
    for (const client of [publisher, next]) client.socket.destroy()
  })
})
