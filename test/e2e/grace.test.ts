import { expect, it } from 'vitest'
import WebSocket from 'ws'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { type Client, spawned } from '../support/clients.ts'
import { eventually } from '../support/eventually.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

/** Lets a client in with `token` and breaks its connection; resolves to whether it got in. */
type Visit = (daemon: ServedDaemon, token: string) => Promise<boolean>

const visits: Record<string, { type: 'publish' | 'play'; visit: Visit }> = {
  'an RTMP publisher': { type: 'publish', visit: visitAsPublisher },
  'an RTMP viewer': { type: 'play', visit: visitOverRtmp },
  'an HTTP-FLV viewer': { type: 'play', visit: visitOverHttp },
  'a WS-FLV viewer': { type: 'play', visit: visitOverWebSocket },
}

async function visitAsPublisher(daemon: ServedDaemon, token: string): Promise<boolean> {
  const { child, outcome } = publishing(`${daemon.rtmp}/LiveApp/mine?token=${token}`)
  const entered = await Promise.race([live(daemon, 'mine').then(() => true), outcome.then(() => false)])
  child.kill('SIGKILL')
  await outcome
  await sessionsOf(daemon, 'mine', 0)
  return entered
}

async function visitOverRtmp(daemon: ServedDaemon, token: string): Promise<boolean> {
  return hangUpAtFirstByte(
    daemon,
    spawned('rtmpdump', ['-q', '-v', '-o', '-', '-r', `${daemon.rtmp}/LiveApp/cam?token=${token}`]),
  )
}

async function visitOverHttp(daemon: ServedDaemon, token: string): Promise<boolean> {
  return hangUpAtFirstByte(daemon, spawned('curl', ['-sfN', `${daemon.http}/LiveApp/streams/cam.flv?token=${token}`]))
}

async function visitOverWebSocket(daemon: ServedDaemon, token: string): Promise<boolean> {
  const socket = new WebSocket(`${daemon.http.replace('http', 'ws')}/LiveApp/streams/cam.flv?token=${token}`)
  const entered = await new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.on('error', () => undefined).terminate()
  await sessionsOf(daemon, 'cam', 1)
  return entered
}

async function hangUpAtFirstByte(daemon: ServedDaemon, { child, outcome }: Client): Promise<boolean> {
  child.stdout?.once('data', () => child.kill('SIGKILL'))
  const { stdout } = await outcome
  await sessionsOf(daemon, 'cam', 1)
  return stdout.length > 0
}

/** Waits until only so many sessions are left at a stream: the daemon has seen the others go. */
async function sessionsOf(daemon: ServedDaemon, streamId: string, count: number): Promise<void> {
  await eventually(async () => {
    const sessions: { streamId: string }[] = await daemon.ask((operations) => operations.listSessions())
    return sessions.filter((session) => session.streamId === streamId).length === count || undefined
  })
}

describeWith(['ffmpeg', 'rtmpdump', 'curl'], 'reconnect-grace', () => {
  it('decides whether a lost client comes back with its used token, over every protocol', async () => {
    const daemon = await serve()
    await daemon.enableTokens()
    publishing(`${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
    await live(daemon, 'cam')
    for (const [name, { type, visit }] of Object.entries(visits)) {
      const streamId = type === 'publish' ? 'mine' : 'cam'
      await daemon.set('reconnect-grace', '0')
      const strict = await daemon.mint(streamId, type)
      expect(await visit(daemon, strict), `${name}, the first time`).toBe(true)
      expect(await visit(daemon, strict), `${name}, again, without grace`).toBe(false)

      await daemon.set('reconnect-grace', '60s')
      const kind = await daemon.mint(streamId, type)
      expect(await visit(daemon, kind), `${name}, the first time, with grace`).toBe(true)
      expect(await visit(daemon, kind), `${name}, again, with grace`).toBe(true)
      const { usesLeft } = JSON.parse(await daemon.must(['token', 'show', kind, '--json']))
      expect(usesLeft).toBe(0)
    }
  })

  it('covers a crash of the daemon', async () => {
    const daemon = await serve()
    await daemon.enableTokens()
    await daemon.set('reconnect-grace', '60s')
    const token = await daemon.mint('mine', 'publish')
    const { outcome } = publishing(`${daemon.rtmp}/LiveApp/mine?token=${token}`)
    await live(daemon, 'mine')
    await daemon.stop('SIGKILL')
    await outcome
    const again = await serve({ dataDir: daemon.dataDir })
    expect(await visitAsPublisher(again, token)).toBe(true)
  })
})

describeWith(['ffmpeg', 'rtmpdump', 'curl'], 'publisher-grace', () => {
  it('keeps viewers with tokens long spent while the publisher comes back with another', async () => {
    const daemon = await serve()
    await daemon.enableTokens()
    const first = publishing(`${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
    await live(daemon, 'cam')
    const viewers = [
      watching('curl', ['-sfN', `${daemon.http}/LiveApp/streams/cam.flv?token=${await daemon.mint('cam', 'play')}`]),
      watching('rtmpdump', [
        '-q',
        '-v',
        '-o',
        '-',
        '-r',
        `${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'play')}`,
      ]),
    ]
    await sessionsOf(daemon, 'cam', 3)

    first.child.kill('SIGKILL')
    await live(daemon, 'cam', 'waiting')
    const before = viewers.map(({ received }) => received())
    publishing(`${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
    await live(daemon, 'cam')
    await eventually(() => viewers.every(({ received }, n) => received() > (before[n] ?? 0) + 50_000) || undefined)
    for (const { child } of viewers) expect(child.exitCode).toBeNull()
  })

  it('being over, ends the stream and its viewers', async () => {
    const daemon = await serve()
    await daemon.set('publisher-grace', '1s')
    const { child } = publishing(`${daemon.rtmp}/LiveApp/cam`)
    await live(daemon, 'cam')
    const viewer = spawned('curl', ['-sfN', '-o', '/dev/null', `${daemon.http}/LiveApp/cam.flv`])
    await sessionsOf(daemon, 'cam', 2)
    child.kill('SIGKILL')
    await viewer.outcome
    expect(await daemon.ask((operations) => operations.listStreams())).toEqual([])
  })
})

function watching(program: string, args: readonly string[]) {
  const { child } = spawned(program, args)
  let bytes = 0
  child.stdout?.on('data', (chunk: string) => {
    bytes += chunk.length
  })
  return { child, received: () => bytes }
}
