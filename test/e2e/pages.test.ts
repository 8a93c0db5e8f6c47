import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { sharedDaemon } from '../support/amsctl.ts'
import { sharedBrowser, WITH_WEBRTC } from '../support/browser.ts'
import { eventually, PROMPT } from '../support/eventually.ts'
import { live, liveWithPictures, packetsOf, playing, publishing, sharedPublisher } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'
import { aContext, VisitedPage } from '../support/viewer-page.ts'

describeWith(['chromium', 'ffmpeg'], 'the pages that people are sent to, in a browser', () => {
  const browser = sharedBrowser(WITH_WEBRTC)
  const daemon = sharedDaemon()

  const publisher = sharedPublisher()

  beforeAll(async () => {
    const order = { enable: true, types: ['publish', 'play'], kick: false } as const
    await daemon().ask((operations) => operations.setTokenControl(order))
    // What is made only once it is asked for comes late on a busy machine.
    await daemon().ask((operations) => operations.setSetting({ name: 'hls', value: 'always' }))
    publisher.start(`${daemon().rtmp}/LiveApp/cam?token=${await daemon().mint('cam', 'publish')}`)
    await live(daemon(), 'cam')
  })

  const playPage = (streamId: string, query: string) => `${daemon().http}/LiveApp/play.html?id=${streamId}&${query}`
  const sharePage = (streamId: string, token: string) => `${daemon().http}/w/LiveApp/${streamId}#${token}`

  async function usesLeft(token: string): Promise<number | null> {
    return (await daemon().ask((operations) => operations.showToken(token))).usesLeft
  }

  it.each([
    ['webrtc', 'WebRTC'],
    ['hls', 'HLS'],
    ['flv', 'HTTP-FLV'],
  ])('play with a token over %s, go on after a reload, and end within two seconds of a revoke', async (order, name) => {
    const token = await daemon().mint('cam', 'play')
    const address = playPage('cam', `token=${token}&playOrder=${order}`)
    const viewer = await VisitedPage.open(await aContext(browser()), address)
    await viewer.plays()
    expect(await viewer.page.textContent('.player-engine')).toBe(name)
    expect(viewer.page.url()).not.toContain(token)
    expect(await viewer.page.evaluate('history.length')).toBeLessThanOrEqual(2)
    await viewer.shoot(`playing-${order}`)

    const stranger = await VisitedPage.open(await aContext(browser()), viewer.page.url())
    await stranger.says(/A personal link is needed/)
    await stranger.page.goto(address)
    await stranger.says(/This link has been used/)
    expect(stranger.page.url()).not.toContain(token)
    await viewer.press('Stop')
    await viewer.says(/Press Play to watch/)
    await viewer.press('Play')
    await viewer.plays()
    await viewer.page.reload()
    await viewer.plays()
    await viewer.page.goto(address)
    await viewer.plays()

    await daemon().ask((operations) => operations.revokeTokens({ refs: [token] }))
    await viewer.says(/Access was withdrawn/, PROMPT)
    expect(viewer.complaints).toEqual([])
    if (order === 'hls') {
      await stranger.shoot('refused-used')
      await viewer.shoot('revoked')
    }
  })

  it('play by the first way that works', async () => {
    const viewer = await VisitedPage.open(await aContext(browser()), 'about:blank')
    await viewer.page.route('**/whep/**', (route) => route.abort())
    await viewer.page.goto(playPage('cam', `token=${await daemon().mint('cam', 'play')}`))
    await viewer.plays()
    expect(await viewer.page.textContent('.player-engine')).toBe('HLS')
  })

  it('wait where the server is full, whatever else does not work', async () => {
    const viewer = await VisitedPage.open(await aContext(browser()), 'about:blank')
    const json = { error: { code: 'TOO_MANY_CONNECTIONS', message: '' } }
    await viewer.page.route('**/whep/**', (route) => route.fulfill({ status: 503, json }))
    await viewer.page.route('**/streams/**', (route) => route.abort())
    await viewer.page.goto(playPage('cam', `token=${await daemon().mint('cam', 'play')}`))
    await viewer.says(/Too many people at once/)
    await viewer.page.unrouteAll()
    await viewer.plays()
  })

  it('wait for a stream with the token unspent, start by themselves, and wait again when it is interrupted', async () => {
    const token = await daemon().mint('late', 'play')
    const viewer = await VisitedPage.open(await aContext(browser()), playPage('late', `token=${token}`))
    await viewer.says(/The stream has not begun/)
    await viewer.shoot('waiting')
    expect(viewer.page.url()).not.toContain(token)
    await viewer.page.reload()
    await viewer.says(/The stream has not begun/)
    expect(await usesLeft(token)).toBe(1)
    publishing(`${daemon().rtmp}/LiveApp/late?token=${await daemon().mint('late', 'publish')}`)
    await viewer.plays()
    expect(await usesLeft(token)).toBe(0)
    await daemon().ask((operations) => operations.endStream({ app: 'LiveApp', streamId: 'late' }))
    await viewer.says(/interrupted|not begun/)
    publishing(`${daemon().rtmp}/LiveApp/late?token=${await daemon().mint('late', 'publish')}`)
    await viewer.plays()
  })

  it('open a share link for one human press, whatever bots did before, and let nobody else see the token', async () => {
    const token = await daemon().mint('cam', 'play')
    const link = sharePage('cam', token)
    for (let n = 0; n < 10; n++) {
      const headers = { 'User-Agent': n % 2 ? 'TelegramBot (like TwitterBot)' : 'facebookexternalhit/1.1' }
      expect((await fetch(link, { method: n % 3 ? 'GET' : 'HEAD', headers })).status).toBe(200)
    }
    const preview = await VisitedPage.open(await aContext(browser()), link)
    await preview.page.getByRole('button', { name: 'Play' }).waitFor()
    await preview.shoot('share')
    expect(await usesLeft(token)).toBe(1)

    const viewer = await VisitedPage.open(await aContext(browser()), link)
    await viewer.page.getByRole('button', { name: 'Play' }).dblclick()
    await viewer.says(/Playing live/)
    expect(await usesLeft(token)).toBe(0)
    const offers = viewer.requests.filter((request) => request.startsWith('POST') && request.includes('/whep/'))
    expect(offers).toHaveLength(1)
    expect(viewer.page.url()).not.toContain(token)
    for (const request of [...preview.requests, ...viewer.requests])
      expect(request.replace(link, '')).not.toContain(token)
    expect(daemon().log).not.toContain(token)
    await viewer.page.reload()
    await viewer.plays()
    await preview.press('Play')
    await preview.says(/This link has been used/)
    expect([...viewer.complaints, ...preview.complaints]).toEqual([])
  })

  it('play in a frame of an allowed origin without a cookie', async () => {
    const host = await aHostingPage()
    await daemon().ask((operations) => operations.setSetting({ name: 'embed-origins', value: host.origin }))
    const src = playPage('cam', `token=${await daemon().mint('cam', 'play')}`)
    const allowed = await VisitedPage.open(await aContext(browser()), host.framing(src))
    const frame = await eventually(() => allowed.page.frames().find((one) => one.url().includes('/play.html')))
    await allowed.plays(10, frame)
    expect(await allowed.page.context().cookies()).toEqual([])
    expect(allowed.requests.join('\n')).not.toMatch(/\S+ \S+ \S+token=/)
    await allowed.shoot('framed')
    await allowed.page.reload()
    const again = await eventually(() => allowed.page.frames().find((one) => one.url().includes('/play.html')))
    await allowed.plays(10, again)

    const element = allowed.page.locator('iframe')
    await allowed.page.evaluate("Object.assign(document.querySelector('iframe'), { width: 300, height: 150 })")
    const rightOf = async (what: Locator) => what.boundingBox().then((box) => (box ? box.x + box.width : Number.NaN))
    await eventually(async () => ((await rightOf(element)) < 350 ? true : undefined))
    const fullScreen = again.getByRole('button', { name: 'Full screen' })
    await eventually(async () => (await rightOf(fullScreen)) < (await rightOf(element)) || undefined)
  })

  it('are shown in no frame of another origin', async () => {
    const token = await daemon().mint('cam', 'play')
    const other = await aHostingPage()
    for (const path of [playPage('cam', `token=${token}`), sharePage('cam', token)]) {
      const refused = await VisitedPage.open(await aContext(browser()), other.framing(path))
      await eventually(() => (refused.complaints.join().includes('frame-ancestors') ? true : undefined))
    }
    expect(await usesLeft(token)).toBe(1)
  })

  it('spend one use where two tabs open a link at the same time, and call it used in neither', async () => {
    const context = await aContext(browser())
    const tabs = [await context.newPage(), await context.newPage()]
    const token = await daemon().mint('cam', 'play')
    // Neither has a cookie yet when it asks.
    const asked = { times: 0, byBoth: () => {} }
    const both = new Promise<void>((resolve) => {
      asked.byBoth = resolve
    })
    await context.route('**/rest/session', async (route) => {
      if (++asked.times === 2) asked.byBoth()
      await both
      await route.continue()
    })
    await Promise.all(tabs.map((tab) => tab.goto(playPage('cam', `token=${token}&playOrder=hls`))))
    for (const tab of tabs) await tab.getByText('HLS', { exact: true }).waitFor()
    expect(await usesLeft(token)).toBe(0)
  })

  it('spend nothing in a browser that can neither play nor broadcast', async () => {
    const context = await aContext(browser())
    await context.addInitScript(`
      for (const name of ['RTCPeerConnection', 'MediaSource', 'ManagedMediaSource']) delete window[name]
      HTMLMediaElement.prototype.canPlayType = () => ''`)
    const [play, publish] = [await daemon().mint('cam', 'play'), await daemon().mint('studio', 'publish')]
    const viewer = await VisitedPage.open(context, playPage('cam', `token=${play}`))
    await viewer.says(/This browser cannot play it/)
    await viewer.page.goto(`${daemon().http}/LiveApp/publish.html?id=studio&token=${publish}`)
    await viewer.press('Start broadcast')
    await viewer.says(/This browser cannot broadcast/)
    expect([await usesLeft(play), await usesLeft(publish)]).toEqual([1, 1])
    expect(viewer.complaints).toEqual([])
  })

  it('spend nothing in a browser that lacks the codec of the stream', async () => {
    const context = await aContext(browser())
    await context.addInitScript(`
      const lacks = (type) => /avc1/.test(type)
      const { isTypeSupported } = MediaSource
      MediaSource.isTypeSupported = (type) => !lacks(type) && isTypeSupported.call(MediaSource, type)
      const { getCapabilities } = RTCRtpReceiver
      RTCRtpReceiver.getCapabilities = (kind) => {
        const { codecs, ...more } = getCapabilities.call(RTCRtpReceiver, kind)
        return { ...more, codecs: codecs.filter(({ mimeType }) => mimeType !== 'video/H264') }
      }`)
    const token = await daemon().mint('cam', 'play')
    const viewer = await VisitedPage.open(context, playPage('cam', `token=${token}`))
    await viewer.says(/This browser cannot play this stream/)
    expect(viewer.requests.filter((request) => /whep|streams/.test(request))).toEqual([])
    expect(await usesLeft(token)).toBe(1)
    const other = await VisitedPage.open(await aContext(browser()), playPage('cam', `token=${token}`))
    await other.plays()
    expect(viewer.complaints).toEqual([])
  })

  it('play in a browser that does not tell what it decodes over WebRTC, and in one without channels', async () => {
    const context = await aContext(browser())
    await context.addInitScript(`
      delete RTCRtpReceiver.getCapabilities
      BroadcastChannel = class {
        constructor() { throw new DOMException('', 'SecurityError') }
      }`)
    const token = await daemon().mint('cam', 'play')
    const viewer = await VisitedPage.open(context, playPage('cam', `token=${token}&playOrder=webrtc`))
    await viewer.plays()
    expect(viewer.complaints).toEqual([])
  })

  it('play a stream of sound alone over WebRTC, and say that there is no picture', async () => {
    publishing(`${daemon().rtmp}/LiveApp/radio?token=${await daemon().mint('radio', 'publish')}`, 600, ['-vn'])
    await live(daemon(), 'radio')
    const address = playPage('radio', `token=${await daemon().mint('radio', 'play')}&playOrder=webrtc`)
    const viewer = await VisitedPage.open(await aContext(browser()), address)
    await viewer.says(/Playing live, sound only/)
    await viewer.shoot('sound-only')
    expect(viewer.complaints).toEqual([])
  })

  it('keep the place of whoever has no mouse, and let the controls rest', async () => {
    const address = playPage('cam', `token=${await daemon().mint('cam', 'play')}&playOrder=flv`)
    const viewer = await VisitedPage.open(await aContext(browser()), address)
    const { page } = viewer
    const pressNext = async (key: string, name: string) => {
      await page.keyboard.press('Tab')
      const at = page.locator(':focus')
      expect(await at.getAttribute('aria-label')).toBe(name)
      await at.press(key)
    }
    await viewer.plays()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await pressNext('Enter', 'Stop')
    await pressNext('Enter', 'Play')
    await viewer.plays()
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Player')
    await page.getByRole('button', { name: 'Full screen' }).click()
    await page.getByRole('button', { name: 'Leave full screen' }).waitFor()
    await page.evaluate('document.exitFullscreen()')
    await page.getByRole('button', { name: 'Full screen', exact: true }).waitFor()
    await page.locator('.player:not([data-awake])').waitFor()
    await Promise.all([page.locator('.player[data-awake]').waitFor(), page.mouse.move(200, 200)])
  })

  it('load themselves anew when a part of them did not come', async () => {
    const context = await aContext(browser())
    await context.route('**/chunks/play-*.js', (route) => route.abort(), { times: 1 })
    const viewer = await VisitedPage.open(context, 'about:blank')
    const address = playPage('cam', `token=${await daemon().mint('cam', 'play')}`)
    await Promise.all([viewer.page.getByText('No connection to the server').waitFor(), viewer.page.goto(address)])
    await viewer.page.waitForURL(/\?id=cam$/)
    await viewer.plays()
  })

  it('tell the older of two tabs where the stream plays now, and whoever is kicked that they were', async () => {
    const token = await daemon().mint('cam', 'play')
    const context = await aContext(browser())
    const older = await VisitedPage.open(context, playPage('cam', `token=${token}&playOrder=flv`))
    await older.plays()
    const newer = await VisitedPage.open(context, playPage('cam', 'playOrder=flv'))
    await newer.plays()
    await older.says(/Playing in another tab/)
    await older.press('Play here')
    await older.plays()
    await daemon().ask(async (operations) => {
      const { id: tokenId } = await operations.showToken(token)
      const opened = (await operations.listSessions()).find((session) => session.tokenId === tokenId)
      await operations.kickSession({ id: opened?.id ?? '', revoke: false })
    })
    await older.says(/You were disconnected/, PROMPT)
  })

  it('have no serious fault for people who see, hear or point otherwise', async () => {
    // What fades in has the contrast of no moment.
    const context = await aContext(browser(), { colorScheme: 'dark', reducedMotion: 'reduce' })
    const token = await daemon().mint('cam', 'play')
    for (const [name, address] of [
      ['share', sharePage('cam', token)],
      ['refused', playPage('cam', 'token=wrong')],
      ['playing', playPage('cam', `token=${token}`)],
      ['studio', `${daemon().http}/LiveApp/publish.html?id=cam`],
    ] as const) {
      const visited = await VisitedPage.open(context, address)
      if (name === 'playing') await visited.plays()
      else await visited.page.getByRole('heading').waitFor()
      expect(await visited.faults(), name).toEqual([])
      await visited.shoot(`${name}-dark`)
    }
  })

  it('make text of markup in their parameters', async () => {
    const markup = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    const shown = encodeURIComponent(markup)
    const context = await aContext(browser())
    for (const address of [
      `${daemon().http}/LiveApp/play.html?id=${shown}&name=${shown}&token=${shown}&playOrder=${shown}`,
      `${daemon().http}/LiveApp/publish.html?id=${shown}&name=${shown}`,
      `${daemon().http}/w/LiveApp/${shown}?name=${shown}#${shown}`,
    ]) {
      const visited = await VisitedPage.open(context, address)
      await visited.page.getByText(markup).first().waitFor()
      expect(await visited.page.locator('img, script:not([src])').count()).toBe(0)
      expect(visited.complaints).toEqual([])
    }
  })

  it('show a button where the browser forbids to play unasked', async () => {
    const context = await aContext(browser())
    // The driver of the browser counts as a person to userActivation.
    await context.addInitScript(`
      let pressed = false
      addEventListener('click', () => { pressed = true }, true)
      const play = HTMLMediaElement.prototype.play
      HTMLMediaElement.prototype.play = function () {
        return pressed ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError'))
      }`)
    const viewer = await VisitedPage.open(context, playPage('cam', `token=${await daemon().mint('cam', 'play')}`))
    await viewer.press('Play')
    await viewer.plays()
  })

  it('broadcast camera and microphone with a token, once, until told to stop, from older browsers too', async () => {
    const token = await daemon().mint('studio', 'publish')
    const address = `${daemon().http}/LiveApp/publish.html?id=studio&name=Main%20stage&token=${token}`
    const studio = await VisitedPage.open(await aContext(browser(), { colorScheme: 'dark' }), address)
    await studio.page.getByLabel('Quality').selectOption('360p, for weak networks')
    await studio.press('Start broadcast')
    await studio.says(/You are on air/)
    expect((await liveWithPictures(daemon(), 'studio')).protocol).toBe('webrtc')
    await studio.page.getByText(/Mbit\/s/).waitFor()
    await studio.shoot('studio-dark')
    expect(studio.page.url()).not.toContain(token)
    const url = `${daemon().http}/LiveApp/streams/studio.m3u8?token=${await daemon().mint('studio', 'play')}`
    expect(packetsOf(await playing(url, 2).outcome).video).toBeGreaterThan(5)

    await studio.page.evaluate(`{
      const [camera] = document.querySelector('video').srcObject.getVideoTracks()
      camera.stop()
      // Of what a page stops itself it is not told.
      camera.dispatchEvent(new Event('ended'))
    }`)
    await studio.page.getByText('The camera has stopped').waitFor()
    await studio.press('Try again')
    await studio.page.getByText('The camera has stopped').waitFor({ state: 'detached' })

    const old = await aContext(browser())
    await old.addInitScript(`
      delete RTCRtpReceiver.getCapabilities
      delete RTCRtpSender.getCapabilities
      delete RTCRtpTransceiver.prototype.setCodecPreferences`)
    const second = await VisitedPage.open(old, address)
    await second.press('Start broadcast')
    await second.page.getByText('This link has been used').first().waitFor()
    const late = await daemon().mint('studio', 'publish')
    await second.page.goto(address.replace(token, late))
    await second.press('Start broadcast')
    await second.page.getByText('Somebody is live already').first().waitFor()
    expect(await usesLeft(late)).toBe(1)
    await studio.press('Stop')
    await studio.says(/Not on air/)
    await studio.press('Start broadcast')
    await studio.says(/You are on air/)
    await daemon().ask((operations) => operations.revokeTokens({ refs: [token] }))
    await studio.says(/Access was withdrawn/, PROMPT)
    expect(studio.complaints).toEqual([])

    await second.press('Start broadcast')
    await second.says(/You are on air/)
    await second.page.reload()
    await second.press('Start broadcast')
    await second.says(/You are on air/)
    expect(await usesLeft(late)).toBe(0)
    expect(second.complaints).toEqual([])
  })

  it('lead a publish link to the studio, on a phone too', async () => {
    const token = await daemon().mint('stage', 'publish')
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
    const visited = await VisitedPage.open(await aContext(browser(), phone), sharePage('stage', token))
    await visited.press('Play')
    await visited.page.getByRole('button', { name: 'Start broadcast' }).waitFor()
    await visited.shoot('studio-phone')
    expect(await usesLeft(token)).toBe(1)
  })
})

/** A page of another site that frames what its query names. */
async function aHostingPage(): Promise<{ origin: string; framing(src: string): string }> {
  const server = createServer((request, response) => {
    const src = new URL(request.url ?? '/', 'http://localhost').searchParams.get('src') ?? ''
    const attribute = src.replaceAll('&', '&amp;')
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end(
        `<!doctype html><h1>A site</h1><iframe src="${attribute}" allow="autoplay" width="640" height="360"></iframe>`,
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  return { origin, framing: (src) => `${origin}/?src=${encodeURIComponent(src)}` }
}
