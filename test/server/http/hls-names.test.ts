import { describe, expect, it } from 'vitest'
import { parseStreamPath } from '../../../src/server/http/stream-path.ts'
import { aHttpHouse, type HttpHouse } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { RawClient } from '../../support/raw-client.ts'

function goLive({ hub, hls }: HttpHouse, ...streamIds: string[]): void {
  for (const streamId of streamIds) {
    new LiveSource(hub, streamId)
    hls.add(streamId)
  }
}

async function sessionOf({ url, mint }: HttpHouse, streamId: string): Promise<string> {
  const master = await fetch(`${url}/LiveApp/streams/${streamId}.m3u8?token=${await mint({ streamId })}`)
  return /\?session=\w+/.exec(await master.text())?.[0] ?? ''
}

describe('an address of streams', () => {
  it.each([
    ['/LiveApp/streams/cam.flv', 'flv', 'cam', ''],
    ['/LiveApp/cam.flv', 'flv', 'cam', ''],
    ['/LiveApp/streams/cam.m3u8', 'hls', 'cam', ''],
    ['/LiveApp/streams/cam.m3u8?token=T/../x.flv', 'hls', 'cam', ''],
    ['/LiveApp/streams/cam_1.mp4', 'vod', 'cam_1', ''],
    ['/LiveApp/streams/cam/live.m3u8', 'hls-child', 'cam', 'live.m3u8'],
    ['/LiveApp/streams/cam.m3u8/live.m3u8', 'hls-child', 'cam.m3u8', 'live.m3u8'],
    ['/LiveApp/streams/cam.m3u8.m3u8', 'hls', 'cam.m3u8', ''],
    ['/LiveApp/streams/cam.flv.m3u8', 'hls', 'cam.flv', ''],
    ['/LiveApp/streams/cam%2Em3u8', 'hls', 'cam', ''],
    ['/LiveApp/streams/../cam.m3u8', 'nothing', '', ''],
    ['/LiveApp/streams/a%2Fb.m3u8', 'hls', 'a/b', ''],
    ['/LiveApp/streams/cam;x.m3u8', 'hls', 'cam;x', ''],
    ['/LiveApp/streams/cam.m3u8;x', 'nothing', '', ''],
    ['/LiveApp/streams/cam.M3U8', 'nothing', '', ''],
    ['/LiveApp/streams/cam.m3u8/', 'nothing', '', ''],
    ['/LiveApp/streams/cam/live.m3u8/', 'nothing', '', ''],
    ['/LiveApp/streams/cam/../../x/live.m3u8', 'nothing', '', ''],
    ['/LiveApp/streams//cam.m3u8', 'nothing', '', ''],
    ['/LiveApp/streams/%ff.m3u8', 'nothing', '', ''],
    ['/LiveApp/streams/', 'nothing', '', ''],
  ])('%s is of kind %s, name "%s", child "%s"', (target, kind, name, child) => {
    expect(parseStreamPath(target)).toEqual({ kind, app: 'LiveApp', name, child })
  })

  it.each([
    '/',
    '/LiveApp/cam.m3u8',
    '/LiveApp/cam.mp4',
    '/LiveApp/streams',
    '/rest/streams/cam.m3u8',
    '//streams/x.m3u8',
  ])('is not %s', (target) => {
    expect(parseStreamPath(target)).toBeNull()
  })
})

/** The names of which a server that guesses stream ids from file names makes a shorter one. */
const LONGER = [
  ['cam', 'cam_720p'],
  ['cam', 'cam_720p500kbps'],
  ['cam', 'cam_adaptive'],
  ['cam', 'cam2024'],
  ['cam', 'cam.m3u8'],
  ['cam', 'cam.flv'],
  ['room', 'room_1'],
  ['a', 'a__b'],
  ['a', 'a_b'],
  ['news', 'news-2025-10-11'],
  ['news-2025-10', 'news-2025-10-11'],
  ['my', 'my-mpd-cam'],
  ['cam', 'Cam'],
  ['cam', 'cam.'],
  ['cam', '.cam'],
] as const

describe.each(LONGER)('a token and a session for %s', (shorter, longer) => {
  it(`open nothing of ${longer}, nor the reverse`, async () => {
    const house = await aHttpHouse()
    goLive(house, shorter, longer)
    for (const [own, other] of [
      [shorter, longer],
      [longer, shorter],
    ] as const) {
      const streams = `${house.url}/LiveApp/streams`
      const token = await house.mint({ streamId: own })
      const session = await sessionOf(house, own)
      const headers = { cookie: session.replace('?session=', `amsctl_play_${own}=`) }
      const opened = [
        await fetch(`${streams}/${other}.m3u8?token=${token}`),
        await fetch(`${streams}/${other}.m3u8${session}`),
        await fetch(`${streams}/${other}/live.m3u8${session}`),
        await fetch(`${streams}/${other}/seg-1.m4s${session}`),
        await fetch(`${streams}/${other}/seg-1.m4s?token=${token}`),
        await fetch(`${streams}/${other}.m3u8`, { headers }),
        await fetch(`${streams}/${other}/seg-1.m4s`, { headers }),
      ]
      expect(opened.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 401, 401])
      expect((await fetch(`${streams}/${own}.m3u8?token=${token}`)).status).toBe(200)
      expect((await fetch(`${streams}/${own}/seg-1.m4s${session}`)).status).toBe(200)
    }
  })
})

describe('a session of cam', () => {
  it.each([
    '/LiveApp/streams/cam/../cam2/seg-1.m4s',
    '/LiveApp/streams/cam/..%2fcam2/seg-1.m4s',
    '/LiveApp/streams/cam/%2e%2e/cam2/seg-1.m4s',
    '/LiveApp/streams/cam%2f..%2fcam2/seg-1.m4s',
    '/LiveApp/streams/cam/..%5ccam2%5cseg-1.m4s',
    '/LiveApp/streams/cam;/../cam2/seg-1.m4s',
    '/LiveApp/streams/cam;cam2/seg-1.m4s',
    '/LiveApp/streams/cam2;cam/seg-1.m4s',
    '/LiveApp/streams/cam%00cam2/seg-1.m4s',
    '/LiveApp/streams/cam2%00/seg-1.m4s',
    '/LiveApp/streams/CAM2/seg-1.m4s',
    '/LiveApp/streams/./cam2/seg-1.m4s',
    '/LiveApp//streams/cam2/seg-1.m4s',
    '/LiveApp/streams/../streams/cam2/seg-1.m4s',
    '/LiveApp/streams/cam/cam2/seg-1.m4s',
    '/LiveApp/streams/cam/seg-1.m4s%00',
    '/LiveApp/streams/cam/__proto__',
    '/LiveApp/streams/cam/constructor',
    '/LiveApp/streams/cam/%252e%252e%252fcam2%252fseg-1.m4s',
    '/LiveApp/streams/cam2_adaptive.m3u8',
    '/LiveApp/streams/cam2.m3u8',
    '/LiveApp/streams/cam.m3u8%3f/../../cam2.m3u8',
    '/Other/streams/cam/seg-1.m4s',
  ])('gets no media at %s', async (path) => {
    const house = await aHttpHouse()
    goLive(house, 'cam', 'cam2')
    const query = await sessionOf(house, 'cam')
    // fetch would bring the path into normal form.
    const client = await RawClient.to(house.port)
    client.send(`GET ${path}${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const answer = await client.closed()
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404) /)
    expect(answer).toContain('"error":{')
  })
})

describe('an adaptive name', () => {
  it('is its own where a stream has it, and the rest of the name otherwise', async () => {
    const house = await aHttpHouse()
    goLive(house, 'cam')
    const address = async (streamId: string) =>
      `${house.url}/LiveApp/streams/cam_adaptive.m3u8?token=${await house.mint({ streamId })}`
    expect((await fetch(await address('cam'))).status).toBe(200)
    expect((await fetch(await address('cam_adaptive'))).status).toBe(403)
    goLive(house, 'cam_adaptive')
    expect((await fetch(await address('cam'))).status).toBe(403)
    expect((await fetch(await address('cam_adaptive'))).status).toBe(200)
  })

  it('of nothing is a name like any other', async () => {
    const house = await aHttpHouse()
    goLive(house, '_adaptive')
    const token = await house.mint({ streamId: '_adaptive' })
    expect((await fetch(`${house.url}/LiveApp/streams/_adaptive.m3u8?token=${token}`)).status).toBe(200)
  })

  it('is no name of children', async () => {
    const house = await aHttpHouse()
    goLive(house, 'cam')
    const query = await sessionOf(house, 'cam')
    expect((await fetch(`${house.url}/LiveApp/streams/cam_adaptive/live.m3u8${query}`)).status).toBe(403)
  })
})
