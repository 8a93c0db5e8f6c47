import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../support/amsctl.ts'
import { spawned } from '../support/clients.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { describeWith } from '../support/programs.ts'
import { framesOf, picturesFrom } from '../support/recordings.ts'
import { aUrl, claimVideo, FRAME_RATE, filmed, LENGTH, sharedLibrary } from '../support/vod-claims.ts'

describeWith(['ffmpeg', 'ffprobe', 'curl'], 'a recording over HTTP', () => {
  const library = sharedLibrary()

  it('plays from start to end in ffprobe with one token', async () => {
    const daemon = library()
    const url = await aUrl(daemon)
    expect(await framesOf(url)).toMatchObject({ video: LENGTH * FRAME_RATE })
    expect(await framesOf(url)).toEqual({ video: 0, audio: 0 })
  })

  it('seeks in ffmpeg with one token', async () => {
    const daemon = library()
    const pictures = await picturesFrom(await aUrl(daemon), 41.2, 50)
    expect(pictures).toHaveLength(50)
    expect(Math.min(...pictures)).toBeGreaterThanOrEqual(41.2)
    expect(Math.min(...pictures)).toBeLessThan(41.4)
  })

  it('seeks in ffmpeg where the operator dropped it, whatever way its index is written', async () => {
    const daemon = library()
    const folder = join(daemon.dataDir, 'streams', 'LiveApp')
    await mkdir(folder, { recursive: true })
    await filmed(join(folder, 'tail.mp4'), 'mp4')
    await filmed(join(folder, 'head.mp4'), 'mp4', '-movflags', '+faststart')
    for (const name of ['tail', 'head']) {
      const pictures = await picturesFrom(await aUrl(daemon, name), 50, 25)
      expect(pictures, name).toHaveLength(25)
      expect(Math.min(...pictures)).toBeCloseTo(50, 1)
    }
  })

  it('stops within 2 s of token revoke, in the middle of a download', async () => {
    const daemon = library()
    const folder = join(daemon.dataDir, 'streams', 'LiveApp')
    await writeFile(join(folder, 'long.mp4'), '')
    await truncate(join(folder, 'long.mp4'), 4 * 2 ** 30)
    onTestFinished(() => rm(join(folder, 'long.mp4')))
    const url = await aUrl(daemon, 'long')
    const client = spawned('curl', ['-sS', '-L', '--limit-rate', '20M', '-o', '/dev/null', url])
    await eventually(async () => {
      const sessions = await daemon.ask((operations) => operations.listSessions())
      return sessions.some(({ streamId, bytes }) => streamId === 'long' && bytes > 0) || undefined
    })
    await daemon.must(['token', 'revoke', '--stream', 'long', '--yes'])
    const revoked = performance.now()
    const { code } = await client.outcome
    expect(performance.now() - revoked).toBeLessThan(PROMPT)
    expect(code).not.toBe(0)
    expect((await fetch(url)).status).toBe(403)
  })

  claimVideo(library, 0)

  it('goes on after the daemon has been restarted in between', async () => {
    const daemon = library()
    const first = await fetch(await aUrl(daemon), { redirect: 'manual' })
    await daemon.stop('SIGKILL')
    const next = await serve({ dataDir: daemon.dataDir })
    const session = `${next.http}${first.headers.get('location')}`
    const part = await fetch(session, { headers: { range: 'bytes=100-199' } })
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100])
  })
})
