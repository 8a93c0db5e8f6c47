import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ServedDaemon } from '../support/amsctl.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { HttpPlayer } from '../support/http-house.ts'
import { noteSecret } from '../support/leaks.ts'
import { describeWith } from '../support/programs.ts'
import { RtmpClient } from '../support/rtmp-client.ts'
import { portOf, publisherAt, sessionOf, sharedNodes } from '../support/served-nodes.ts'

const FILM = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))

/** Has what `over` tells come to pass in time? It is looked at after the answer to `command`. */
async function promptly(command: () => Promise<unknown>, over: () => Promise<unknown>): Promise<void> {
  await command()
  const since = performance.now()
  await over()
  expect(performance.now() - since).toBeLessThan(PROMPT)
}

/** A viewer of `streamId` with a token; `over` resolves when the server has let go of it. */
type Watch = (daemon: ServedDaemon, streamId: string, token: string) => Promise<() => Promise<unknown>>

const overHttpFlv: Watch = async ({ http }, streamId, token) => {
  const player = await HttpPlayer.open(`${http}/LiveApp/streams/${streamId}.flv?token=${token}`)
  await player.until('first')
  return () => player.toEnd()
}

const overRtmp: Watch = async (daemon, streamId, token) => {
  const player = await RtmpClient.at(portOf(daemon))
  player.play(`${streamId}?token=${token}`)
  await player.sees('first')
  return () => player.closed()
}

describeWith(['redis-server'], 'two nodes', () => {
  const nodes = sharedNodes()

  it('serve a recording in one session, and both refuse it once either has revoked its token', async () => {
    const { a, b } = nodes()
    for (const { dataDir } of [a, b]) {
      await mkdir(join(dataDir, 'streams/LiveApp'), { recursive: true })
      await writeFile(join(dataDir, 'streams/LiveApp/film.mp4'), FILM)
    }
    for (const revoking of [a, b]) {
      const token = await a.mint('film', 'play')
      const first = await fetch(`${a.http}/LiveApp/streams/film.mp4?token=${token}`, { redirect: 'manual' })
      const location = String(first.headers.get('location'))
      noteSecret(String(new URL(location, a.http).searchParams.get('session')))
      const cookie = String(first.headers.get('set-cookie')).split(';', 1)[0] ?? ''
      const range = 'bytes=100-199'
      const withUrl = ({ http }: ServedDaemon) => fetch(`${http}${location}`, { headers: { range } })
      const withCookie = ({ http }: ServedDaemon) =>
        fetch(`${http}/LiveApp/streams/film.mp4`, { headers: { range, cookie } })
      const ways = [() => withUrl(b), () => withCookie(b), () => withUrl(a)]
      for (const ask of ways) {
        const part = await ask()
        expect(part.status).toBe(206)
        expect(Buffer.from(await part.arrayBuffer())).toEqual(FILM.subarray(100, 200))
      }
      const isRefused = async () => {
        // An answer that is under way when its session ends is cut off.
        const answers = await Promise.all(ways.map((ask) => ask().catch(() => undefined)))
        return answers.every((answer) => answer?.status === 403) || undefined
      }
      const revoke = () => revoking.ask((daemon) => daemon.revokeTokens({ refs: [token] }))
      await promptly(revoke, () => eventually(isRefused))
    }
  })

  it.each([
    ['HTTP-FLV', overHttpFlv],
    ['RTMP', overRtmp],
  ])('end a session over %s at one within a second of a revoke or kick at the other', async (protocol, watch) => {
    const { a, b } = nodes()
    const streamId = `live-${protocol}`
    await publisherAt(b, streamId)
    const commands = {
      revoke: (ref: string) => a.ask((daemon) => daemon.revokeTokens({ refs: [ref] })),
      kick: async () => {
        const { id, node } = await sessionOf(a, streamId, 'play')
        expect(node).toBe('b')
        return () => a.ask((daemon) => daemon.kickSession({ id, revoke: false }))
      },
    }
    const revoked = await a.mint(streamId, 'play')
    const over = await watch(b, streamId, revoked)
    await promptly(() => commands.revoke(revoked), over)
    const kickedOut = await watch(b, streamId, await a.mint(streamId, 'play'))
    await promptly(await commands.kick(), kickedOut)
  })

  it('end a publisher at one within a second of a revoke or kick at the other', async () => {
    const { a, b } = nodes()
    const kicked = await publisherAt(b, 'from-b')
    const { id } = await sessionOf(a, 'from-b', 'publish')
    const kick = () => a.ask((daemon) => daemon.kickSession({ id, revoke: true }))
    await promptly(kick, () => kicked.closed())
    const revoked = await publisherAt(b, 'from-b')
    const revoke = () => a.ask((daemon) => daemon.revokeTokens({ stream: { streamId: 'from-b' } }))
    await promptly(revoke, () => revoked.closed())
  })

  it('are of one mind about token control within a second', async () => {
    const { a, b } = nodes()
    const control = (enable: boolean, kick = false) =>
      a.ask((daemon) => daemon.setTokenControl({ enable, types: ['play'], kick }))
    await publisherAt(b, 'open')
    const url = `${b.http}/LiveApp/streams/open.flv`
    const answers = async (wanted: number) => {
      const answer = await fetch(url)
      await answer.body?.cancel()
      return answer.status === wanted || undefined
    }
    expect((await fetch(url)).status).toBe(401)
    await promptly(
      () => control(false),
      () => eventually(() => answers(200)),
    )
    const stranger = await HttpPlayer.open(url)
    await promptly(
      () => control(true, true),
      () => stranger.toEnd(),
    )
    expect((await fetch(url)).status).toBe(401)
  })
})
