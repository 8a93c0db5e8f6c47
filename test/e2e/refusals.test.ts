import { beforeAll, expect, it } from 'vitest'
import { type ServedDaemon, sharedDaemon } from '../support/amsctl.ts'
import { spawned } from '../support/clients.ts'
import { live, playing, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'
import { REFUSED_KINDS, type RefusedKind, refusedToken } from '../support/refused-tokens.ts'

/** What the client must be told, in RTMP's description or HTTP's message. */
const REASONS: Record<RefusedKind, string> = {
  no: 'a token is needed',
  'a wrong': 'unknown token',
  'an other-type': 'this token is for',
  'an other-stream': 'this token is for another stream',
  'an expired': 'token expired',
  'a revoked': 'token revoked',
  'an already used': 'token already used',
}

/** `?token=…` of the given kind for the stream `cam`. */
async function query(daemon: ServedDaemon, kind: RefusedKind, type: 'publish' | 'play'): Promise<string> {
  const token = await refusedToken(daemon, kind, type)
  return token === undefined ? '' : `?token=${token}`
}

describeWith(['ffmpeg', 'ffprobe', 'rtmpdump', 'curl'], 'refusals, as real clients tell them', () => {
  const shared = sharedDaemon()
  beforeAll(() => shared().enableTokens())

  const whereRefused = (type: 'publish' | 'play', check: (kind: RefusedKind, query: string) => Promise<void>) =>
    Promise.all(REFUSED_KINDS.map(async (kind) => check(kind, await query(shared(), kind, type))))

  it('ffmpeg hears why it may not publish', async () => {
    await whereRefused('publish', async (kind, credential) => {
      const { code, stderr } = await publishing(`${shared().rtmp}/LiveApp/cam${credential}`, 2).outcome
      expect(code, kind).not.toBe(0)
      expect(stderr, kind).toContain(REASONS[kind])
    })
    expect(await shared().ask((operations) => operations.listStreams())).toEqual([])
  })

  it('ffprobe, rtmpdump and curl hear why they may not play', async () => {
    const daemon = shared()
    publishing(`${daemon.rtmp}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
    await live(daemon, 'cam')
    await whereRefused('play', async (kind, credential) => {
      const rtmp = await playing(`${daemon.rtmp}/LiveApp/cam${credential}`).outcome
      expect(rtmp.code, kind).not.toBe(0)
      expect(rtmp.stderr, kind).toContain(REASONS[kind])

      const dump = await spawned('rtmpdump', ['-v', '-o', '/dev/null', '-r', `${daemon.rtmp}/LiveApp/cam${credential}`])
        .outcome
      expect(dump.stderr, kind).toContain('NetStream.Play.Failed')

      const flv = await playing(`${daemon.http}/LiveApp/streams/cam.flv${credential}`).outcome
      expect(flv.code, kind).not.toBe(0)
      expect(flv.stderr, kind).toContain(kind === 'no' ? '401 Unauthorized' : '403 Forbidden')

      const curl = await spawned('curl', ['-s', `${daemon.http}/LiveApp/cam.flv${credential}`]).outcome
      expect(JSON.parse(curl.stdout).error.message, kind).toContain(REASONS[kind])
    })
  })

  it('a stream that is not live, a busy name and HEAD leave the token as good as new', async () => {
    const daemon = shared()
    const play = await daemon.mint('show', 'play')
    const url = `${daemon.http}/LiveApp/streams/show.flv?token=${play}`
    expect((await fetch(url)).status).toBe(404)
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404)
    expect((await playing(`${daemon.rtmp}/LiveApp/show?token=${play}`).outcome).code).not.toBe(0)

    publishing(`${daemon.rtmp}/LiveApp/show?token=${await daemon.mint('show', 'publish')}`)
    await live(daemon, 'show')
    const second = await daemon.mint('show', 'publish')
    const busy = await publishing(`${daemon.rtmp}/LiveApp/show?token=${second}`, 2).outcome
    expect(busy.code).not.toBe(0)
    expect(busy.stderr).toContain('already publishing')
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)

    for (const [token, type] of [
      [play, 'play'],
      [second, 'publish'],
    ] as const) {
      expect((await daemon.run(['token', 'verify', token, '--stream', 'show', '--type', type])).code).toBe(0)
    }
    expect((await playing(url).outcome).code).toBe(0)
  })
})
