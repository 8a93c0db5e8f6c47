import { describe, expect, it } from 'vitest'
import { codeOf, PASSWORD, panelOfFile } from '../../support/panel-house.ts'
import { RtmpClient } from '../../support/rtmp-client.ts'

const house = panelOfFile()
const stream = { app: 'LiveApp', streamId: 'cam' }

async function aPublisher(query = ''): Promise<RtmpClient> {
  const { daemon } = house()
  const publisher = await RtmpClient.at(daemon.status().listen.rtmp?.port ?? 0)
  publisher.publish(`cam${query}`)
  await publisher.status('NetStream.Publish.Start')
  publisher.frame('picture')
  return publisher
}

describe('a live stream in the panel', () => {
  it('is previewed without a token where none is needed, and by one that opens it once where one is', async () => {
    const { admin, loggedIn } = house()
    const viewer = await loggedIn('viewer', 'viewer')
    const early = await viewer.post('/panel/api/call/preview', stream)
    expect([early.status, codeOf(early)]).toEqual([404, 'STREAM_NOT_LIVE'])
    const publisher = await aPublisher()
    expect(await viewer.call('preview', stream)).toEqual({ token: null })
    await admin.call('setTokenControl', { enable: true, types: ['play'] })
    const { token } = (await viewer.call('preview', stream)) as { token: string }
    const shown = await admin.call('showToken', { ref: token })
    expect(shown).toMatchObject({ ...stream, type: 'play', uses: 1, maxSession: 43_200, note: 'panel preview' })
    const { expireDate } = shown as { expireDate: number }
    expect(expireDate - Date.now() / 1000).toBeLessThanOrEqual(61)
    const play = `${house().url}/LiveApp/streams/cam.flv?token=${token}`
    publisher.frame('picture')
    const playing = await fetch(play)
    expect(playing.status).toBe(200)
    expect((await fetch(play)).status).toBe(403)
    const { token: kept } = (await viewer.call('preview', stream)) as { token: string }
    await viewer.must('/panel/api/logout', '')
    await playing.arrayBuffer().catch(() => {})
    expect((await fetch(`${house().url}/LiveApp/streams/cam.flv?token=${kept}`)).status).toBe(403)
    await viewer.must('/panel/api/login', { name: 'viewer', password: PASSWORD })
    publisher.frame('picture')
    for (let n = 0; n < 30; n++) await viewer.call('preview', stream)
    expect(codeOf(await viewer.post('/panel/api/call/preview', stream))).toBe('TOO_MANY_CONNECTIONS')
    await admin.call('setTokenControl', { enable: false, types: ['play'] })
    for (const streamId of ['c*', 'cam?', '../cam']) {
      expect(codeOf(await viewer.post('/panel/api/call/preview', { app: 'LiveApp', streamId }))).toBe('BAD_VALUE')
    }
  })

  it('is ended by sending its publisher away, in the name of who did it', async () => {
    const { admin } = house()
    const [minted] = (await admin.call('createTokens', { ...stream, streamId: 'show', type: 'publish' })) as [
      { id: string; tokenId: string },
    ]
    await admin.call('setTokenControl', { enable: true, types: ['publish'] })
    const { daemon } = house()
    const publisher = await RtmpClient.at(daemon.status().listen.rtmp?.port ?? 0)
    publisher.publish(`show?token=${minted.tokenId}`)
    await publisher.status('NetStream.Publish.Start')
    publisher.frame('picture')
    const ended = await admin.call('endStream', { app: 'LiveApp', streamId: 'show' })
    expect(ended).toMatchObject({ tokenId: minted.id, usesLeft: 0, revoked: false })
    await publisher.closed()
    const entries = (await admin.call('recentAudit', { limit: 10 })) as { event: string }[]
    expect(entries.find(({ event }) => event === 'kick')).toMatchObject({ by: 'user:admin', streamId: 'show' })
    const again = await admin.post('/panel/api/call/endStream', { app: 'LiveApp', streamId: 'nothing' })
    expect([again.status, codeOf(again)]).toEqual([404, 'STREAM_NOT_LIVE'])
  })
})
