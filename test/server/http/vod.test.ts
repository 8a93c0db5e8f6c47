import { once } from 'node:events'
import { link, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { outcomeOf } from '../../support/amsctl.ts'
import { spawned } from '../../support/clients.ts'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse, type HttpHouse, type HttpHouseOptions } from '../../support/http-house.ts'
import { heldMemory } from '../../support/measure.ts'
import { describeWith } from '../../support/programs.ts'

const FILM = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
const GIB = 2 ** 30

/** A house with the file `film.mp4`. */
async function aCinema(options: HttpHouseOptions = {}) {
  const house = await aHttpHouse(options)
  const folder = join(house.mediaDir, 'LiveApp')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'film.mp4'), FILM)
  return {
    ...house,
    folder,
    streams: `${house.url}/LiveApp/streams`,
    mint: (streamId = 'film', order = {}) => house.mint({ streamId, ...order }),
  }
}

/** A file that takes no room, until the test is over. */
async function sparse(path: string, size: number): Promise<void> {
  await writeFile(path, '')
  await truncate(path, size)
  onTestFinished(() => rm(path))
}

type Cinema = Awaited<ReturnType<typeof aCinema>>

/** The address that a new token leads to. */
async function admitted({ streams, url, mint }: Cinema, file = 'film', streamId = file): Promise<string> {
  const answer = await fetch(`${streams}/${file}.mp4?token=${await mint(streamId)}`, { redirect: 'manual' })
  if (answer.status !== 307) throw new Error(`${answer.status} ${await answer.text()}`)
  return `${url}${answer.headers.get('location')}`
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}

async function usesLeft({ operations }: Pick<HttpHouse, 'operations'>, token: string): Promise<number | null> {
  const { usesLeft: left } = await operations.showToken(token)
  return left
}

describe('a recording behind a token', () => {
  it('is answered with a redirect to its session, which a player may remember until the session ends', async () => {
    const house = await aCinema()
    const token = await house.mint()
    const answer = await fetch(`${house.streams}/film.mp4?token=${token}&x=1`, { redirect: 'manual' })
    expect(answer.status).toBe(307)
    const [, secret] =
      /^\/LiveApp\/streams\/film\.mp4\?x=1&session=(\w+)$/.exec(answer.headers.get('location') ?? '') ?? []
    expect(secret).toBeDefined()
    expect(answer.headers.get('set-cookie')).toBe(`amsctl_play_film=${secret}; Path=/LiveApp; HttpOnly; SameSite=Lax`)
    expect(answer.headers.get('cache-control')).toBe('private')
    const lasts = Date.parse(answer.headers.get('expires') ?? '') - Date.now()
    expect(lasts).toBeGreaterThan(21_590_000)
    expect(lasts).toBeLessThan(21_610_000)
    expect(await usesLeft(house, token)).toBe(0)
  })

  it('may not be remembered for longer than --max-session', async () => {
    const house = await aCinema()
    const token = await house.mint('film', { maxSession: 90 })
    const asked = Date.now()
    const answer = await fetch(`${house.streams}/film.mp4?token=${token}`, { redirect: 'manual' })
    const answered = Date.now()
    const [{ since } = { since: '' }] = house.sessions.list()
    const expires = Date.parse(answer.headers.get('expires') ?? '')
    expect(expires - Date.parse(since)).toBeLessThanOrEqual(21_600_000)
    const endFrom = (now: number) => Math.min(now + 21_600_000, (house.time.now + 90) * 1000)
    // Of whole seconds.
    expect(expires).toBeGreaterThan(endFrom(asked) - 1000)
    expect(expires).toBeLessThanOrEqual(endFrom(answered))
  })

  it('comes whole, and counts to its session', async () => {
    const house = await aCinema()
    const answer = await fetch(await admitted(house))
    const { date, etag, 'last-modified': modified, ...headers } = Object.fromEntries(answer.headers)
    expect(answer.status).toBe(200)
    expect(headers).toEqual({
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('Content-Range'),
      'cache-control': 'private, no-cache',
      connection: 'keep-alive',
      'content-length': '1000',
      'content-type': 'video/mp4',
      'keep-alive': expect.any(String),
    })
    expect(Buffer.from(await answer.arrayBuffer()).equals(FILM)).toBe(true)
    expect(house.sessions.list()).toMatchObject([{ protocol: 'vod', streamId: 'film', bytes: 1000 }])
  })

  it('is refused to a second client with the same address', async () => {
    const house = await aCinema()
    const address = `${house.streams}/film.mp4?token=${await house.mint()}`
    await fetch(address)
    expect(await codeOf(await fetch(address))).toBe('403 TOKEN_USED')
  })

  it('goes on for a client that comes back to the first address with its cookie', async () => {
    const house = await aCinema()
    const address = `${house.streams}/film.mp4?token=${await house.mint()}`
    const first = await fetch(address, { redirect: 'manual' })
    const [cookie = ''] = first.headers.get('set-cookie')?.split(';') ?? []
    const again = await fetch(address, { headers: { cookie, range: 'bytes=10-19' } })
    expect(again.status).toBe(206)
    const bare = await fetch(`${house.streams}/film.mp4`, { headers: { cookie } })
    expect(bare.status).toBe(200)
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('admits one of 20 who come at once', async () => {
    const house = await aCinema()
    const address = `${house.streams}/film.mp4?token=${await house.mint()}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(address, { redirect: 'manual' })))
    const codes = answers.map(({ status }) => status).filter((status) => status === 307)
    expect(codes).toHaveLength(1)
    expect(house.sessions.list()).toHaveLength(1)
  })

  it('tells HEAD everything and spends nothing', async () => {
    const house = await aCinema()
    const token = await house.mint()
    const head = await fetch(`${house.streams}/film.mp4?token=${token}`, {
      method: 'HEAD',
      headers: { range: 'bytes=0-1' },
    })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('1000')
    expect(head.headers.get('accept-ranges')).toBe('bytes')
    expect(await usesLeft(house, token)).toBe(1)
    expect((await fetch(`${house.streams}/film.mp4?token=${token}`)).status).toBe(200)
    const refused = await fetch(`${house.streams}/film.mp4?token=${token}`, { method: 'HEAD' })
    expect(refused.status).toBe(403)
    expect((await fetch(`${house.streams}/film.mp4`, { method: 'HEAD' })).status).toBe(401)
  })

  it('that is not there burns no token', async () => {
    const house = await aCinema()
    const token = await house.mint('later')
    const address = `${house.streams}/later.mp4?token=${token}`
    expect((await fetch(address, { method: 'HEAD' })).status).toBe(404)
    expect(await codeOf(await fetch(address))).toBe('404 RECORDING_NOT_FOUND')
    await writeFile(join(house.folder, 'later.mp4'), FILM)
    expect((await fetch(address)).status).toBe(200)
  })

  it('is not told of to those who have no token', async () => {
    const house = await aCinema()
    expect(await codeOf(await fetch(`${house.streams}/film.mp4`))).toBe('401 TOKEN_MISSING')
    expect(await codeOf(await fetch(`${house.streams}/nothing.mp4`))).toBe('401 TOKEN_MISSING')
    expect(await codeOf(await fetch(`${house.streams}/film.mp4?session=${'x'.repeat(32)}`))).toBe('403 SESSION_INVALID')
  })

  it('plays without anything while token control is off', async () => {
    const house = await aCinema()
    await house.settings.setTokenControl(['play'], false)
    const token = await house.mint()
    for (const query of ['', `?token=${token}`, '?token=nonsense', '?session=nonsense']) {
      const answer = await fetch(`${house.streams}/film.mp4${query}`, { redirect: 'manual' })
      expect(answer.status, query).toBe(200)
      expect((await answer.arrayBuffer()).byteLength).toBe(1000)
    }
    expect(await usesLeft(house, token)).toBe(1)
  })

  it('answers preflights, and no other method', async () => {
    const house = await aCinema()
    const preflight = await fetch(`${house.streams}/film.mp4`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Range')
    const post = await fetch(`${house.streams}/film.mp4`, { method: 'POST' })
    expect(post.status).toBe(405)
    expect(post.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })

  it('is not found in an app that is not served', async () => {
    const house = await aCinema()
    expect((await fetch(`${house.url}/Elsewhere/streams/film.mp4`)).status).toBe(404)
  })

  it('keeps its session while the player pauses, for as long as session-idle-vod', async () => {
    const house = await aCinema()
    const address = await admitted(house)
    house.time.now += 21_599
    house.sessions.sweep()
    expect((await fetch(address, { headers: { range: 'bytes=500-' } })).status).toBe(206)
    house.time.now += 21_599
    house.sessions.sweep()
    const answer = await fetch(address)
    expect((await answer.arrayBuffer()).byteLength).toBe(1000)
    // The server may hear of the end of its answer later than the client.
    await eventually(() => {
      house.time.now += 21_600
      house.sessions.sweep()
      return house.sessions.list().length === 0 || undefined
    })
    expect(await codeOf(await fetch(address))).toBe('403 SESSION_INVALID')
  })
})

describe('a session that was not opened by a recording', () => {
  it('may pause like one as soon as it fetches a recording', async () => {
    const house = await aCinema()
    const opened = await fetch(`${house.url}/LiveApp/rest/session`, {
      method: 'POST',
      body: JSON.stringify({ streamId: 'film', type: 'play', token: await house.mint() }),
    })
    const [cookie = ''] = opened.headers.get('set-cookie')?.split(';') ?? []
    const play = async () => (await fetch(`${house.streams}/film.mp4`, { headers: { cookie } })).status
    expect(await play()).toBe(200)
    house.time.now += 3600
    house.sessions.sweep()
    expect(await play()).toBe(200)
    expect(house.sessions.list()).toMatchObject([{ protocol: 'vod' }])
  })
})

describe('ranges', () => {
  const cases: readonly (readonly [range: string, status: number, range: string | null, body: Buffer | null])[] = [
    ['bytes=0-0', 206, 'bytes 0-0/1000', FILM.subarray(0, 1)],
    ['bytes=0-', 206, 'bytes 0-999/1000', FILM],
    ['bytes=100-199', 206, 'bytes 100-199/1000', FILM.subarray(100, 200)],
    ['bytes=990-5000', 206, 'bytes 990-999/1000', FILM.subarray(990)],
    ['bytes=-10', 206, 'bytes 990-999/1000', FILM.subarray(990)],
    ['bytes=-5000', 206, 'bytes 0-999/1000', FILM],
    ['bytes=1000-', 416, 'bytes */1000', null],
    ['bytes=5000-6000', 416, 'bytes */1000', null],
    ['bytes=-0', 416, 'bytes */1000', null],
    // A server may answer several ranges with the whole (RFC 9110, section 14.2); no player asks for them.
    ['bytes=0-1,5-9', 200, null, FILM],
    ['bytes=9-5', 416, 'bytes */1000', null],
    ['bytes=x', 416, 'bytes */1000', null],
    ['seconds=1-2', 200, null, FILM],
  ]

  it.each(cases)('%s: %d', async (range, status, contentRange, body) => {
    const house = await aCinema()
    const answer = await fetch(await admitted(house), { headers: { range } })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange])
    if (body === null) {
      expect(await codeOf(answer)).toBe('416 RANGE_UNSATISFIABLE')
      return
    }
    expect(answer.headers.get('content-length')).toBe(String(body.length))
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  })

  it('are given to those who have the same file still, and the whole file to others', async () => {
    const house = await aCinema()
    const address = await admitted(house)
    const first = await fetch(address)
    const [etag, modified] = [first.headers.get('etag') ?? '', first.headers.get('last-modified') ?? '']
    // Without a Cache-Control of its own, fetch adds one that asks for the whole file again.
    const cached = { 'cache-control': 'max-age=0' }
    const ask = async (headers: Record<string, string>) =>
      (await fetch(address, { headers: { ...cached, ...headers } })).status
    expect(await ask({ range: 'bytes=0-9', 'if-range': etag })).toBe(206)
    expect(await ask({ range: 'bytes=0-9', 'if-range': modified })).toBe(206)
    expect(await ask({ 'if-none-match': etag })).toBe(304)
    expect(await ask({ 'if-modified-since': modified })).toBe(304)
    expect(await ask({ 'if-match': etag })).toBe(200)
    await writeFile(join(house.folder, 'film.mp4'), FILM.subarray(1))
    expect(await ask({ range: 'bytes=0-9', 'if-range': etag })).toBe(200)
    expect(await ask({ 'if-none-match': etag })).toBe(200)
    expect(await codeOf(await fetch(address, { headers: { 'if-match': etag } }))).toBe('412 PRECONDITION_FAILED')
  })

  it('of a 10 GB file cost no memory', { timeout: 180_000 }, async () => {
    const house = await aCinema()
    await sparse(join(house.folder, 'huge.mp4'), 10 * GIB)
    const address = await admitted(house, 'huge')
    const tail = await fetch(address, { headers: { range: 'bytes=-7' } })
    expect(tail.headers.get('content-range')).toBe(`bytes ${10 * GIB - 7}-${10 * GIB - 1}/${10 * GIB}`)
    expect((await tail.arrayBuffer()).byteLength).toBe(7)
    const before = await heldMemory()
    const whole = await fetch(address)
    expect(whole.headers.get('content-length')).toBe(String(10 * GIB))
    const reader = whole.body?.getReader()
    let received = 0
    while (reader && received < GIB / 4) received += (await reader.read()).value?.byteLength ?? 0
    expect((await heldMemory()) - before).toBeLessThan(64 * 1024 * 1024)
    await reader?.cancel()
  })
})

describe('which token opens which file', () => {
  it('is told by the record of who was recorded, and by the base name of a file dropped in', async () => {
    const house = await aCinema()
    for (const [streamId, count] of [
      ['room', 2],
      ['cam_720p', 1],
    ] as const) {
      for (let number = 0; number < count; number++) {
        const recording = await house.library.create('LiveApp', streamId)
        await recording.handle.write(FILM)
        recording.wrote(FILM.length, 1)
        await recording.end()
      }
    }
    const dropped = ['room_2', 'a__b', 'cam2024', 'news-2025-10-11', 'my-mpd-cam', 'cam_720p_1']
    for (const name of dropped) await writeFile(join(house.folder, `${name}.mp4`), FILM)
    const owners = {
      room: 'room',
      room_1: 'room',
      cam_720p: 'cam_720p',
      ...Object.fromEntries(dropped.map((name) => [name, name])),
    }
    const tokens = ['room', 'room_1', 'cam', 'cam_720p', 'a', 'a__b', 'cam2024', 'news-2025-10-11', 'my-mpd-cam', 'my']
    for (const [name, owner] of Object.entries(owners)) {
      for (const streamId of new Set([...tokens, owner])) {
        const answer = await fetch(`${house.streams}/${name}.mp4?token=${await house.mint(streamId)}`)
        expect(answer.status, `${streamId} opens ${name}.mp4`).toBe(streamId === owner ? 200 : 403)
      }
    }
  })

  it('holds for sessions: that of one stream opens all its files and no other', async () => {
    const house = await aCinema()
    for (let number = 0; number < 2; number++) {
      const recording = await house.library.create('LiveApp', 'room')
      await recording.handle.write(FILM)
      recording.wrote(FILM.length, 1)
      await recording.end()
    }
    const query = new URL(await admitted(house, 'room')).search
    expect((await fetch(`${house.streams}/room_1.mp4${query}`)).status).toBe(200)
    expect((await fetch(`${house.streams}/film.mp4${query}`)).status).toBe(403)
    for (const trick of [
      'room.mp4/../film.mp4',
      'room%2f..%2ffilm.mp4',
      '..%2fLiveApp%2ffilm.mp4',
      'film.mp4;room.mp4',
    ]) {
      const client = connect(house.port, '127.0.0.1')
      onTestFinished(() => void client.destroy())
      client.write(`GET /LiveApp/streams/${trick}${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
      const [head] = (await once(client, 'data')) as [Buffer]
      expect(head.toString().split(' ')[1], trick).toMatch(/^40[034]$/)
    }
  })

  it('is told anew where another stream takes the name while the gate is asked', async () => {
    let meanwhile = async () => {}
    const house = await aCinema({
      between: (gate) => ({
        visit: async (request) => {
          const visit = await gate.visit(request)
          await meanwhile()
          return visit
        },
      }),
    })
    await writeFile(join(house.folder, 'room_1.mp4'), FILM)
    const address = await admitted(house, 'room_1')
    meanwhile = async () => {
      await house.library.remove('LiveApp', 'room_1.mp4')
      for (let number = 0; number < 2; number++) {
        const recording = await house.library.create('LiveApp', 'room')
        await recording.handle.write(FILM)
        recording.wrote(FILM.length, 1)
        await recording.end()
      }
      meanwhile = async () => {}
    }
    expect((await fetch(address)).status).toBe(404)
    expect((await fetch(address)).status).toBe(403)
  })

  it('serves regular files of its own folder only', async () => {
    const house = await aCinema()
    await writeFile(join(house.directory, 'secret.mp4'), FILM)
    await symlink(join(house.directory, 'secret.mp4'), join(house.folder, 'linked.mp4'))
    await mkdir(join(house.folder, 'folder.mp4'))
    await writeFile(join(house.folder, 'notes.txt'), 'x')
    for (const name of ['linked.mp4', 'folder.mp4', 'notes.txt', 'film.MP4', 'FILM.mp4', 'film']) {
      const token = await house.mint(name.replace(/\.\w+$/, ''))
      expect((await fetch(`${house.streams}/${name}?token=${token}`)).status, name).toBe(404)
      expect(await usesLeft(house, token)).toBe(1)
    }
    expect(await codeOf(await fetch(`${house.streams}/a%20b.mp4`))).toBe('400 BAD_VALUE')
  })
})

describe('a recording that goes on', () => {
  it('is served as far as its fragments are whole', async () => {
    const house = await aCinema()
    const recording = await house.library.create('LiveApp', 'room')
    onTestFinished(() => recording.end())
    await recording.handle.write(FILM)
    const address = `${house.streams}/room.mp4?token=${await house.mint('room')}`
    expect((await fetch(address)).status).toBe(404)
    recording.wrote(600, 1)
    const answer = await fetch(address)
    expect(answer.headers.get('content-length')).toBe('600')
    expect((await answer.arrayBuffer()).byteLength).toBe(600)
    const more = await fetch(answer.url, { headers: { range: 'bytes=600-' } })
    expect(more.headers.get('content-range')).toBe('bytes */600')
  })
})

describe('a download in progress', () => {
  /** A client that reads the beginning of a large file and then nothing. */
  async function aSlowDownload(house: Cinema, openly?: string) {
    await sparse(join(house.folder, 'long.mp4'), GIB)
    const { pathname, search } = new URL(openly ?? (await admitted(house, 'long')), house.url)
    const socket = connect(house.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await once(socket, 'data')
    socket.pause()
    return socket
  }

  it.each(['revoke', 'kick'])('ends at once by %s', async (how) => {
    const house = await aCinema()
    const socket = await aSlowDownload(house)
    const [session] = house.sessions.list()
    let after = 0
    socket.on('data', (chunk) => {
      after += chunk.length
    })
    if (how === 'kick') house.sessions.kick(session?.id ?? '')
    else await house.operations.revokeTokens({ refs: [session?.tokenId ?? ''] })
    socket.resume()
    await eventually(() => socket.destroyed || undefined)
    expect(after).toBeLessThan(64 * 1024 * 1024)
  })

  it('that was let in without a token ends at once where those are sent away', async () => {
    const house = await aCinema()
    await house.operations.setTokenControl({ enable: false, types: ['play'], kick: false })
    const socket = await aSlowDownload(house, '/LiveApp/streams/long.mp4')
    await house.operations.setTokenControl({ enable: true, types: ['play'], kick: true })
    let after = 0
    socket.on('data', (chunk) => {
      after += chunk.length
    })
    socket.resume()
    await eventually(() => socket.destroyed || undefined)
    expect(after).toBeLessThan(64 * 1024 * 1024)
  })

  it('keeps its session from going idle', async () => {
    const house = await aCinema()
    const socket = await aSlowDownload(house)
    house.time.now += 100_000
    house.sessions.sweep()
    expect(house.sessions.list()).toHaveLength(1)
    socket.destroy()
    await eventually(() => {
      house.sessions.sweep()
      house.time.now += 21_600
      return house.sessions.list().length === 0 || undefined
    })
  })

  it('that its file cuts short is cut off, lest another answer be taken for the rest of it', async () => {
    const house = await aCinema()
    const socket = await aSlowDownload(house)
    const { pathname, search } = new URL(await admitted(house))
    await truncate(join(house.folder, 'long.mp4'), 1000)
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    let seen = ''
    socket.on('data', (chunk) => {
      seen = seen.slice(-2000) + chunk.toString('latin1')
    })
    socket.resume()
    await eventually(() => socket.destroyed || seen.includes('HTTP/1.1') || undefined)
    expect(seen).not.toContain('HTTP/1.1')
  })

  it('is whole though the file gets another name', async () => {
    const house = await aCinema()
    const answer = await fetch(await admitted(house))
    await link(join(house.folder, 'film.mp4'), join(house.folder, 'kept.mp4'))
    await rename(join(house.folder, 'kept.mp4'), join(house.folder, 'other.mp4'))
    expect((await answer.arrayBuffer()).byteLength).toBe(1000)
  })
})

describeWith(['curl'], 'curl', () => {
  async function curl(...args: string[]): Promise<string> {
    const { child } = spawned('curl', ['-sS', '--max-time', '10', ...args])
    const { stdout } = await outcomeOf(child)
    return stdout
  }

  it('follows to the file with and without a cookie jar, and resumes with the jar', async () => {
    const house = await aCinema()
    const jar = join(house.directory, 'jar')
    const what = ['-o', '/dev/null', '-w', '%{http_code} %{size_download}']
    expect(await curl('-L', ...what, `${house.streams}/film.mp4?token=${await house.mint()}`)).toBe('200 1000')
    const address = `${house.streams}/film.mp4?token=${await house.mint()}`
    const withJar = ['-L', '-b', jar, '-c', jar]
    expect(await curl(...withJar, ...what, '-r', '0-99', address)).toBe('206 100')
    expect(await curl(...withJar, ...what, '-C', '100', address)).toBe('206 900')
    expect(await curl('-L', ...what, address)).toMatch(/^403 /)
  })
})
