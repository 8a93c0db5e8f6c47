import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { aBrowser, aPageServer, WITH_WEBRTC } from '../../support/browser.ts'
import { describeWith } from '../../support/programs.ts'
import { aWhipHouse } from '../../support/whip.ts'

const FILES = {
  '/page.html': {
    read: async () => Buffer.from('<video autoplay muted playsinline></video><script src="/client.js"></script>'),
    contentType: 'text/html',
  },
  '/client.js': {
    read: () => readFile(join(import.meta.dirname, '../../support/whip-client.js')),
    contentType: 'text/javascript',
  },
}

describeWith(['chromium'], 'WHIP and WHEP in a browser', () => {
  it('carries camera and microphone of a page of another origin to a page that plays', async () => {
    const house = await aWhipHouse()
    const browser = await aBrowser(WITH_WEBRTC)
    const origin = await aPageServer(FILES)
    const open = async (): Promise<Page> => {
      const page = await browser.newPage()
      await page.goto(`${origin}/page.html`)
      return page
    }
    const [publisher, player] = [await open(), await open()]
    const token = await house.mint({ type: 'publish' })
    await publisher.evaluate(`publish('${house.url}/LiveApp/whip/cam', '${token}')`)
    await expect.poll(() => house.hub.find('LiveApp', 'cam')?.videoCodec, { timeout: 30_000 }).toBe('H264')
    await player.evaluate(`play('${house.url}/LiveApp/whep/cam', '${await house.mint()}')`)
    const received = () => player.evaluate<{ frames: number; seconds: number }>('received()')
    await expect.poll(async () => (await received()).frames, { timeout: 30_000 }).toBeGreaterThan(10)
    await expect.poll(async () => (await received()).seconds, { timeout: 30_000 }).toBeGreaterThan(0.5)
    const trickled = await Promise.all([publisher, player].map((page) => page.evaluate<number[]>('trickled')))
    expect(new Set(trickled.flat())).toEqual(new Set([204]))
    expect(await publisher.evaluate('stop()')).toBe(200)
    await expect.poll(() => house.whip?.size).toBe(0)
    expect(house.hub.list()).toEqual([])
  })
})
