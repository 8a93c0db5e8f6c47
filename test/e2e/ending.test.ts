import { expect, it } from 'vitest'
import type { SessionView } from '../../src/domain/session.ts'
import { type ServedDaemon, serve } from '../support/amsctl.ts'
import { type Client, spawned } from '../support/clients.ts'
import { eventually } from '../support/eventually.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

async function sessions(daemon: ServedDaemon, count: number): Promise<SessionView[]> {
  return eventually(async () => {
    const listed = await daemon.ask((operations) => operations.listSessions())
    return listed.length === count ? listed : undefined
  })
}

/** A publisher and one viewer of each protocol, each with a token of its own. */
async function audience(daemon: ServedDaemon, ...flags: string[]): Promise<Record<string, Client>> {
  await daemon.enableTokens()
  const rtmp = publishing(`${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
  await live(daemon, 'cam')
  const tokens: string[] = []
  for (let viewer = 0; viewer < 3; viewer++) tokens.push(await daemon.mint('cam', 'play', ...flags))
  const [first, second, third] = tokens
  const streams = `${daemon.http}/LiveApp/streams/cam.flv`
  const viewers = {
    'rtmp-play': spawned('rtmpdump', ['-qvo', '/dev/null', '-r', `${daemon.rtmp}/LiveApp/cam?token=${first}`]),
    'http-flv': spawned('curl', ['-sfN', '-o', '/dev/null', `${streams}?token=${second}`]),
    'ws-flv': spawned(process.execPath, [
      ...['--input-type=module', '-e', WATCH],
      `${daemon.http}/LiveApp/cam.flv?token=${third}`,
    ]),
  }
  await sessions(daemon, 4)
  return { rtmp, ...viewers }
}

const WATCH = `
  const { WebSocket } = await import(${JSON.stringify(import.meta.resolve('ws'))})
  new WebSocket(process.argv[1].replace('http', 'ws')).on('close', (code) => process.exit(code === 1008 ? 8 : 1))
`

describeWith(['ffmpeg', 'rtmpdump', 'curl'], 'live sessions end at once', () => {
  it('by revoke, of every protocol', async () => {
    const daemon = await serve()
    const { rtmp, ...viewers } = await audience(daemon)
    for (const { tokenId, protocol } of await sessions(daemon, 4)) {
      if (protocol === 'rtmp') continue
      expect(await daemon.must(['token', 'revoke', String(tokenId)])).toMatch(/1 session/)
    }
    await Promise.all([viewers['http-flv']?.outcome, viewers['ws-flv']?.outcome])
    await daemon.must(['token', 'revoke', '--stream', 'cam', '--yes'])
    await Promise.all([rtmp?.outcome, viewers['rtmp-play']?.outcome])
    await sessions(daemon, 0)
    expect(await daemon.ask((operations) => operations.listStreams())).toEqual([])
    expect((await viewers['ws-flv']?.outcome)?.code).toBe(8)
  })

  it('by session kick, and the token keeps the uses that it has left', async () => {
    const daemon = await serve()
    const { rtmp, ...viewers } = await audience(daemon, '--uses', '2')
    // The publisher last: with the stream its viewers end too.
    const listed = (await sessions(daemon, 4)).sort((a, b) => a.type.localeCompare(b.type))
    for (const { id } of listed) {
      const { code, stdout } = await daemon.run(['session', 'kick', id, '--json'])
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ id, revoked: false })
    }
    await Promise.all([rtmp, ...Object.values(viewers)].map((client) => client?.outcome))
    const states = JSON.parse(await daemon.must(['token', 'list', '--json'])).map(
      ({ usesLeft }: { usesLeft: number }) => usesLeft,
    )
    expect(states.sort()).toEqual([0, 1, 1, 1])
    const [again] = listed
    expect((await daemon.run(['session', 'kick', String(again?.id)])).code).toBe(3)
  })

  it('when --max-session is over', async () => {
    const daemon = await serve()
    const { rtmp, ...viewers } = await audience(daemon, '--max-session', '15s')
    await Promise.all(Object.values(viewers).map(({ outcome }) => outcome))
    expect(rtmp?.child.exitCode).toBeNull()
    await sessions(daemon, 1)
    const reasons = (await daemon.must(['audit', '--json'])).split('\n').map((line) => JSON.parse(line))
    expect(reasons.filter(({ event, code }) => event === 'end' && code === 'expired')).toHaveLength(3)
  })

  it('when the daemon stops, each in its protocol, with exit 0', async () => {
    const daemon = await serve()
    const clients = await audience(daemon)
    expect(await daemon.stop('SIGTERM')).toBe(0)
    await Promise.all(Object.values(clients).map(({ outcome }) => outcome))
    expect((await clients['http-flv']?.outcome)?.code).toBe(0)
  })
})
