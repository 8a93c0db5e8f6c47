import { describe, expect, it } from 'vitest'
import { aHttpHouse, type HttpHouse, HttpPlayer, WsPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'

function openSession(house: HttpHouse, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${house.url}/LiveApp/rest/session`, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** `name=secret` of the cookie that an answer sets. */
function cookieOf(answer: Response): string {
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

describe('POST /{app}/rest/session', () => {
  it('spends a token for a cookie that plays over HTTP and WebSocket, again and again', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const token = await house.mint()
    const answer = await openSession(house, { streamId: 'cam', type: 'play', token })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^amsctl_play_cam=[0-9A-Za-z]{32}; Path=\/LiveApp; HttpOnly; SameSite=Lax$/,
    )
    const cookie = cookieOf(answer)
    for (let n = 0; n < 2; n++) {
      await (await HttpPlayer.open(`${house.url}/LiveApp/streams/cam.flv`, { headers: { cookie } })).leave()
    }
    await WsPlayer.open(`${house.wsUrl}/LiveApp/streams/cam.flv?token=${token}`, { cookie })
    expect(house.sessions.list()).toHaveLength(1)
    expect((await fetch(`${house.url}/LiveApp/streams/cam.flv?token=${token}`)).status).toBe(403)
  })

  it('spends it for a cookie that pages of another origin cannot watch with over WebSocket', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const cookie = cookieOf(await openSession(house, { streamId: 'cam', type: 'play', token: await house.mint() }))
    const address = `${house.wsUrl}/LiveApp/streams/cam.flv`
    await expect(WsPlayer.open(address, { cookie, origin: 'https://evil.example' })).rejects.toThrow('HTTP 401')
    await WsPlayer.open(address, { cookie, origin: house.url })
  })

  it('takes the secret as session= too, and not for another stream', async () => {
    const house = await aHttpHouse()
    new LiveSource(house.hub)
    const cookie = cookieOf(await openSession(house, { streamId: 'cam', type: 'play', token: await house.mint() }))
    const secret = cookie.split('=')[1]
    await HttpPlayer.open(`${house.url}/LiveApp/streams/cam.flv?session=${secret}`)
    expect((await fetch(`${house.url}/LiveApp/streams/cam_720p.flv?session=${secret}`)).status).toBe(403)
  })

  it('marks the cookie Secure where a trusted proxy says that it is TLS', async () => {
    const house = await aHttpHouse()
    const body = { streamId: 'cam', type: 'play', token: await house.mint() }
    await house.set('trusted-proxies', '127.0.0.1')
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
    expect((await openSession(house, body, headers)).headers.get('set-cookie')).toContain('; Secure')
  })

  it.each([
    [401, { streamId: 'cam', type: 'play' }],
    [403, { streamId: 'cam', type: 'play', token: 'wrong' }],
    [400, { streamId: 'c*', type: 'play', token: 'wrong' }],
    [400, { streamId: 'cam', type: 'watch', token: 'wrong' }],
    [400, { streamId: { a: 1 }, type: ['play'], token: { b: 2 } }],
    [400, { streamId: { toString: 1 }, type: 'play', token: 'wrong' }],
    [400, { streamId: ['cam'], type: 'play', token: 'wrong' }],
  ])('answers %i to %j and sets no cookie', async (status, body) => {
    const answer = await openSession(await aHttpHouse(), body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await answer.json()).toMatchObject({ error: { code: expect.any(String) } })
  })

  it('asks for nothing where token control is off', async () => {
    const house = await aHttpHouse()
    await house.settings.setTokenControl(['play'], false)
    const answer = await openSession(house, { streamId: 'cam', type: 'play' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })
})
