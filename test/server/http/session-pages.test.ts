import { describe, expect, it } from 'vitest'
import { aHttpHouse, type HttpHouse, HttpPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'

const CAM = { streamId: 'cam', type: 'play' }

function openSession(house: HttpHouse, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${house.url}/LiveApp/rest/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...CAM, ...body }),
  })
}

async function codeOf(answer: Response): Promise<string> {
  const { error } = (await answer.json()) as { error?: { code: string } }
  return error?.code ?? 'OK'
}

async function usesLeft(house: HttpHouse, token: string): Promise<number | null> {
  return (await house.operations.showToken(token)).usesLeft
}

describe('POST /{app}/rest/session from a page', () => {
  it('spends nothing by whenLive until somebody publishes', async () => {
    const house = await aHttpHouse()
    const token = await house.mint()
    for (let n = 0; n < 3; n++) {
      const answer = await openSession(house, { token, whenLive: true })
      expect([answer.status, await codeOf(answer)]).toEqual([404, 'STREAM_NOT_LIVE'])
    }
    expect(await usesLeft(house, token)).toBe(1)
    new LiveSource(house.hub)
    expect((await openSession(house, { token, whenLive: true })).headers.get('set-cookie')).toContain('amsctl_play_cam')
    expect(await usesLeft(house, token)).toBe(0)
  })

  it('spends nothing by whenFree while somebody publishes, and holds the name no longer than it asks', async () => {
    const house = await aHttpHouse()
    const order = { token: await house.mint({ type: 'publish' }), type: 'publish', whenFree: true }
    const other = house.hub.claim('LiveApp', 'cam')
    const refused = await openSession(house, order)
    expect([refused.status, await codeOf(refused), await usesLeft(house, order.token)]).toEqual([409, 'STREAM_BUSY', 1])
    other?.release()
    expect((await openSession(house, order)).headers.get('set-cookie')).toContain('amsctl_publish_cam')
    expect(await usesLeft(house, order.token)).toBe(0)
    expect(house.hub.claim('LiveApp', 'cam')).toBeDefined()
  })

  it('takes the name from no publisher by whenFree of a viewer', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    expect(await codeOf(await openSession(house, { token: await house.mint(), whenFree: true }))).toBe('OK')
  })

  it('spends nothing by codecs where the stream is of none of them', async () => {
    const house = await aHttpHouse()
    const token = await house.mint()
    new LiveSource(house.hub)
    for (const order of [{ codecs: ['H265', 'AV1'] }, { codecs: [] }, { codecs: ['AV1'], spend: false }]) {
      const refused = await openSession(house, { token, whenLive: true, ...order })
      expect([refused.status, await codeOf(refused)]).toEqual([406, 'CODEC_UNSUPPORTED'])
    }
    const bad = ['H264', [1], {}, null, ['h264'], ['AV1', 'x'.repeat(9000)], Array(1000).fill('H264')]
    for (const codecs of bad) {
      const refused = await openSession(house, { token, codecs })
      expect([refused.status, await codeOf(refused)]).toEqual([400, 'BAD_VALUE'])
    }
    expect(await usesLeft(house, token)).toBe(1)
    expect(await codeOf(await openSession(house, { token, codecs: ['AV1', 'H264'] }))).toBe('OK')
    expect(await usesLeft(house, token)).toBe(0)
  })

  it('takes any codecs for a stream whose own is not known yet', async () => {
    const house = await aHttpHouse()
    house.hub.claim('LiveApp', 'cam')?.start({ protocol: 'rtmp', address: '127.0.0.1' })
    const order = { token: await house.mint(), whenLive: true, codecs: ['AV1'] }
    expect(await codeOf(await openSession(house, order))).toBe('OK')
  })

  it('tells nobody without a token whether a stream is live', async () => {
    const house = await aHttpHouse()
    const away = await openSession(house, { whenLive: true })
    new LiveSource(house.hub)
    const live = await openSession(house, { whenLive: true })
    expect([away.status, await away.text()]).toEqual([live.status, await live.text()])
  })

  it('hands the session out in the body for a frame without cookies, and sets none', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const answer = await openSession(house, { token: await house.mint(), session: true })
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const { session } = (await answer.json()) as { session: string }
    await HttpPlayer.open(`${house.url}/LiveApp/streams/cam.flv?session=${session}`)
    expect(await codeOf(await openSession(house, { session, spend: false }))).toBe('OK')
  })

  it('judges with spend: false, and leaves token and session as they are', async () => {
    const house = await aHttpHouse()
    const token = await house.mint()
    const judged = await openSession(house, { token, spend: false })
    expect([judged.status, judged.headers.get('set-cookie')]).toEqual([200, null])
    expect(await codeOf(await openSession(house, { token, spend: false, whenLive: true }))).toBe('STREAM_NOT_LIVE')
    expect(await usesLeft(house, token)).toBe(1)
    expect(await codeOf(await openSession(house, { token }))).toBe('OK')
    expect(await codeOf(await openSession(house, { token, spend: false }))).toBe('TOKEN_USED')
    await house.operations.revokeTokens({ refs: [token] })
    expect(await codeOf(await openSession(house, { token, spend: false }))).toBe('TOKEN_REVOKED')
  })

  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('refuses a page that is not of this server, and spends nothing: %j', async (headers) => {
    const house = await aHttpHouse()
    const token = await house.mint()
    const answer = await openSession(house, { token }, headers)
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'ACCESS_DENIED'])
    expect(await usesLeft(house, token)).toBe(1)
  })

  it('takes its own pages and those who are no page', async () => {
    const house = await aHttpHouse()
    for (const headers of [{}, { origin: house.url }, { 'sec-fetch-site': 'same-origin' }]) {
      expect((await openSession(house, { token: await house.mint() }, headers)).status).toBe(200)
    }
  })
})
