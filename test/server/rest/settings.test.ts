import { describe, expect, it } from 'vitest'
import { codeOf, PASSWORD, type PanelClient, panelOfFile } from '../../support/panel-house.ts'

const house = panelOfFile()
const SETTINGS = '/rest/v2/applications/settings/LiveApp'
/** Comes from elsewhere, so that its address admits it to nothing. */
const REMOTE = { 'X-Forwarded-For': '203.0.113.9', 'User-Agent': 'curl/8.0' }

let loggedIn: Promise<PanelClient> | undefined

/** One for all: each login takes a while. */
function aScript(): Promise<PanelClient> {
  loggedIn ??= logIn()
  return loggedIn
}

async function logIn(): Promise<PanelClient> {
  const script = house().browser()
  await script.must('/rest/v2/users/authenticate', { email: 'admin', password: PASSWORD }, REMOTE)
  return script
}

describe('the settings by their names at Ant Media Server', () => {
  it.each([
    [SETTINGS, SETTINGS],
    ['/ConsoleApp/rest/getSettings/LiveApp', '/ConsoleApp/rest/changeSettings/LiveApp'],
  ])('are read at %s, and of them only those change that a body names', async (get, post) => {
    const script = await aScript()
    await script.post(
      post,
      { tokenControlEnabled: false, mp4MuxingEnabled: false, remoteAllowedCIDR: '127.0.0.1' },
      REMOTE,
    )
    const changed = await script.post(post, { playTokenControlEnabled: true, webRTCEnabled: true }, REMOTE)
    expect(changed.body).toMatchObject({ success: true, message: 'not known here, and ignored: webRTCEnabled' })
    expect((await script.ask(get, { headers: REMOTE })).body).toEqual({
      tokenControlEnabled: false,
      publishTokenControlEnabled: false,
      playTokenControlEnabled: true,
      remoteAllowedCIDR: '127.0.0.1/32',
      allowedPublisherCIDR: '',
      mp4MuxingEnabled: false,
    })
    await script.post(post, { tokenControlEnabled: 'true' }, REMOTE)
    expect((await script.ask(get, { headers: REMOTE })).body).toMatchObject({ publishTokenControlEnabled: true })
  })

  it.each([
    [
      'off off',
      { tokenControlEnabled: true, publishTokenControlEnabled: false, playTokenControlEnabled: false },
      'on on',
    ],
    [
      'off off',
      { publishTokenControlEnabled: false, playTokenControlEnabled: true, tokenControlEnabled: false },
      'off on',
    ],
    [
      'on off',
      { publishTokenControlEnabled: true, playTokenControlEnabled: false, tokenControlEnabled: true },
      'on on',
    ],
    [
      'on off',
      { tokenControlEnabled: false, publishTokenControlEnabled: true, playTokenControlEnabled: true },
      'on on',
    ],
    ['on off', { tokenControlEnabled: false }, 'off off'],
    ['on off', { tokenControlEnabled: false, playTokenControlEnabled: false }, 'off off'],
    [
      'on on',
      { tokenControlEnabled: false, publishTokenControlEnabled: true, playTokenControlEnabled: true },
      'off off',
    ],
    [
      'on on',
      { playTokenControlEnabled: true, publishTokenControlEnabled: false, tokenControlEnabled: true },
      'off on',
    ],
  ])('of token control that is %s, whoever sends %j means what differs: %s', async (before, body, after) => {
    const script = await aScript()
    const [publish, play] = before.split(' ').map((word) => word === 'on')
    await script.post(SETTINGS, { publishTokenControlEnabled: publish, playTokenControlEnabled: play }, REMOTE)
    expect((await script.post(SETTINGS, body, REMOTE)).body).toMatchObject({ success: true })
    const { tokenControl } = house().daemon.status()
    expect([tokenControl.publish, tokenControl.play].map((on) => (on ? 'on' : 'off')).join(' ')).toBe(after)
  })

  it.each(['[]', '[{"tokenControlEnabled":true}]', 'null', '"text"', ''])('are no %s', async (body) => {
    const script = await aScript()
    const answer = await script.post(SETTINGS, body, REMOTE)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST'])
  })

  it.each([
    [{ tokenControlEnabled: 'maybe' }],
    [{ remoteAllowedCIDR: '10/8' }],
    [{ allowedPublisherCIDR: 5 }],
    [{ playTokenControlEnabled: false, remoteAllowedCIDR: 'x' }],
  ])('stay as they are where %j is wrong', async (body) => {
    const script = await aScript()
    const before = (await script.ask(SETTINGS, { headers: REMOTE })).text
    const answer = await script.post(SETTINGS, body, REMOTE)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_VALUE'])
    expect((await script.ask(SETTINGS, { headers: REMOTE })).text).toBe(before)
  })

  it('are for a login or an API key, never for an address alone', async () => {
    const { browser, admin } = house()
    for (const method of ['GET', 'POST']) {
      const answer = await browser().ask(SETTINGS, { method })
      expect([answer.status, codeOf(answer)]).toEqual([401, 'LOGIN_MISSING'])
    }
    const { key } = (await admin.call('createApiKey', { note: 'ci' })) as { key: string }
    const bearer = { ...REMOTE, Authorization: `Bearer ${key}` }
    expect((await browser().ask(SETTINGS, { headers: bearer })).status).toBe(200)
    const nowhere = SETTINGS.replace('LiveApp', 'Nowhere')
    expect(codeOf(await browser().ask(nowhere, { headers: bearer }))).toBe('NOT_FOUND')
  })
})
