import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { SessionView } from '../../src/domain/session.ts'
import { type ServedDaemon, serve, temporaryDirectory } from './amsctl.ts'
import { aBrowser, PlayerPage } from './browser.ts'
import { spawned } from './clients.ts'
import { eventually, PROMPT } from './eventually.ts'
import { live, publishing } from './ffmpeg.ts'
import { FRAME_RATE, hlsUrl, liveDaemon, PLAYERS } from './hls-players.ts'
import { describeWith, hasProgram } from './programs.ts'

/** Told for how long to lag at most, hls.js skips what a busy machine made it miss. */
const LOW_LATENCY = { lowLatencyMode: true, liveSyncDuration: 2, liveMaxLatencyDuration: 4 }

/** What HLS promises to programs that play it, each of which does so for `seconds`. */
export function claimHlsPlayers(seconds: number): void {
  describeWith(['ffmpeg', 'ffprobe', 'curl'], 'HLS with one token', () => {
    const players = Object.entries(PLAYERS).filter(([name]) => isThere(name))

    it(`plays ${seconds} s in ${players.map(([name]) => name).join(', ')}, and nowhere else with the same token`, async () => {
      const daemon = await liveDaemon()
      const play = async ([name, player]: (typeof players)[number]) => {
        const url = await hlsUrl(daemon)
        expect(await player(url, seconds), name).toBeGreaterThan(0.8 * FRAME_RATE * seconds)
        expect((await fetch(url)).status).toBe(403)
      }
      await Promise.all(players.map(play))
      const sessions = await listSessions(daemon)
      expect(sessions.map(({ protocol }) => protocol)).toEqual(players.map(() => 'hls'))
      for (const { bytes } of sessions) expect(bytes).toBeGreaterThan(10_000)
    })

    it('goes on at the same address with a cookie jar, and is refused without', async () => {
      const daemon = await liveDaemon()
      const url = await hlsUrl(daemon)
      const jar = join(await temporaryDirectory(), 'jar')
      const polling = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-b', jar, '-c', jar, url]
      for (let poll = 0; poll < 3; poll++) expect((await spawned('curl', polling).outcome).stdout).toBe('200')
      const refused = await spawned('curl', ['-sf', url]).outcome
      expect(refused).toMatchObject({ code: 22, stdout: '' })
    })

    it('is opened by one of 20 at once, after 404 while it was not live and HEAD when it was', async () => {
      const daemon = await serve()
      await daemon.must(['settings', 'enable-token', '--type', 'play'])
      const url = await hlsUrl(daemon)
      expect((await fetch(url)).status).toBe(404)
      publishing(`${daemon.rtmp}/LiveApp/cam`)
      await live(daemon, 'cam')
      for (const name of ['cam_adaptive.m3u8', 'cam.m3u8']) {
        expect((await fetch(url.replace('cam.m3u8', name), { method: 'HEAD' })).status).toBe(200)
      }
      const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(url)).status))
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 403 || status === 409)).toHaveLength(19)
      expect(await listSessions(daemon)).toHaveLength(1)
    })

    it('is over within two seconds of a revoke or a kick, also for a request that waits', async () => {
      const daemon = await liveDaemon()
      for (const end of [
        ({ tokenId }: SessionView) => daemon.ask((operations) => operations.revokeTokens({ refs: [String(tokenId)] })),
        ({ id }: SessionView) => daemon.ask((operations) => operations.kickSession({ id, revoke: false })),
      ]) {
        const playlist = await openPlaylist(daemon)
        const waiting = fetch(`${playlist}&_HLS_msn=${(await nextSequence(playlist)) + 1}`)
        const [session] = await listSessions(daemon)
        if (!session) throw new Error('no session')
        await end(session)
        const ended = Date.now()
        expect((await waiting).status).toBe(403)
        expect((await fetch(playlist)).status).toBe(403)
        expect(Date.now() - ended).toBeLessThan(PROMPT)
      }
    })
  })
}

/** What HLS promises to browsers, which play for `seconds`. */
export function claimHlsBrowsers(seconds: number): void {
  describeWith(['ffmpeg', 'chromium'], 'HLS with one token in a browser', () => {
    it(`plays ${seconds} s by hls.js on the same origin and on another, and natively, until it is revoked`, async () => {
      const daemon = await liveDaemon()
      const browser = await aBrowser()
      const same = await PlayerPage.within(daemon.http, browser)
      const other = await PlayerPage.elsewhere(browser)
      const native = await PlayerPage.within(daemon.http, browser)
      const play = async (page: PlayerPage, start: (url: string) => Promise<void>) => {
        const url = await hlsUrl(daemon)
        await start(url)
        const { frames, errors } = await page.plays(seconds)
        expect(errors.filter((error) => error.startsWith('fatal'))).toEqual([])
        // A player that a busy machine makes fall behind skips.
        expect(frames).toBeGreaterThan(FRAME_RATE)
        expect((await fetch(url)).status).toBe(403)
      }
      const playsNatively = await native.canPlayNatively()
      if (!playsNatively) process.stderr.write('SKIPPED: HLS in Chromium by itself, which this one does not have\n')
      await Promise.all([
        play(same, (url) => same.playWithHlsJs(url, LOW_LATENCY)),
        play(other, (url) => other.playWithHlsJs(url, { lowLatencyMode: false })),
        ...(playsNatively ? [play(native, (url) => native.playNatively(url))] : []),
      ])
      // 3 s are promised; a machine that is busy otherwise makes a player fall behind, until it has caught up.
      const delay = await eventually(async () => {
        const { delay } = await same.state()
        return delay !== null && delay < 5 ? delay : undefined
      })
      process.stderr.write(`hls.js in low-latency mode plays ${delay.toFixed(2)} s behind live\n`)
      await daemon.must(['token', 'revoke', '--stream', 'cam', '--yes'])
      for (const page of [same, other]) {
        await eventually(async () => (await page.state()).errors.find((error) => error.includes('403')))
      }
    })

    it('goes on over a restart of the daemon, in the same session', async () => {
      const before = await liveDaemon()
      const page = await PlayerPage.elsewhere(await aBrowser())
      await page.playWithHlsJs(await hlsUrl(before))
      await page.plays(2)
      const [session] = await listSessions(before)
      await before.stop()
      const after = await serve({ dataDir: before.dataDir, listen: before.listen })
      publishing(`${after.rtmp}/LiveApp/cam?token=${await after.mint('cam', 'publish')}`)
      await live(after, 'cam')
      await page.plays(seconds)
      expect(await listSessions(after)).toMatchObject([{ id: session?.id }])
    })
  })
}

/** The address of the media playlist of `cam` for a new session. */
async function openPlaylist(daemon: ServedDaemon): Promise<string> {
  const master = await (await fetch(await hlsUrl(daemon))).text()
  return `${daemon.http}/LiveApp/streams/${/^cam\/.*$/m.exec(master)?.[0]}`
}

/** The media sequence number of the segment that grows now. */
async function nextSequence(playlist: string): Promise<number> {
  const text = await (await fetch(playlist)).text()
  const first = Number(/(?<=MEDIA-SEQUENCE:)\d+/.exec(text)?.[0])
  return first + [...text.matchAll(/^seg-/gm)].length
}

function isThere(player: string): boolean {
  const there = hasProgram(player)
  if (!there && process.env.CI === 'true') throw new Error(`HLS in ${player} needs ${player}`)
  if (!there) process.stderr.write(`SKIPPED: HLS in ${player}, which is not installed\n`)
  return there
}

/** Those who play. */
async function listSessions(daemon: ServedDaemon): Promise<SessionView[]> {
  const sessions = await daemon.ask((operations) => operations.listSessions())
  return sessions.filter(({ type }) => type === 'play')
}
