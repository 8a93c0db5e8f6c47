import { describe, expect, it } from 'vitest'
import { AmsctlError } from '../../../src/domain/errors.ts'
import type { Attempt } from '../../../src/services/access-control.ts'
import { eventually } from '../../support/eventually.ts'
import { aHttpHouse, HttpPlayer, WsPlayer } from '../../support/http-house.ts'
import { LiveSource } from '../../support/live-source.ts'
import { RawClient } from '../../support/raw-client.ts'

describe('a token that is being opened', () => {
  it('is refused to others with 409 and Retry-After, and goes back to one who gives up', async () => {
    const { hub, gate, url, mint } = await aHttpHouse()
    new LiveSource(hub)
    const secret = await mint()
    const held = await gate.reserve({
      app: 'LiveApp',
      streamId: 'cam',
      type: 'play',
      protocol: 'rtmp',
      address: '127.0.0.1',
      userAgent: null,
      credential: { kind: 'token', secret },
    })
    const address = `${url}/LiveApp/cam.flv?token=${secret}`
    const response = await fetch(address)
    expect(response.status).toBe(409)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ error: { code: 'TOKEN_RESERVED' } })
    if (held.ok) held.release()
    await (await HttpPlayer.open(address)).until('first')
  })

  it.each(['HTTP', 'WebSocket'])('is unspent where the client leaves before the spend, over %s', async (protocol) => {
    let released = 0
    let proceed = () => {}
    const clientGone = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const { hub, port, mint, operations } = await aHttpHouse({
      between: (gate) => ({
        reserve: async (request) => {
          const attempt = await gate.reserve(request)
          await clientGone
          const release = () => {
            released++
            if (attempt.ok) attempt.release()
          }
          return attempt.ok ? { ...attempt, release } : attempt
        },
      }),
    })
    new LiveSource(hub)
    const secret = await mint()
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const client = await RawClient.to(port)
    client.send(`GET /LiveApp/cam.flv?token=${secret} HTTP/1.1\r\nHost: x\r\n${protocol === 'HTTP' ? '' : upgrade}\r\n`)
    client.socket.end()
    await client.closed()
    proceed()
    await eventually(() => (released === 1 ? true : undefined))
    expect((await operations.showToken(secret)).state).toBe('active')
  })

  it('ends its viewer properly where the stream ended during the spend', async () => {
    let source: LiveSource | undefined
    const { hub, url, wsUrl, mint, sessions } = await aHttpHouse({
      between: (gate) => ({
        reserve: async (request) => {
          const attempt = await gate.reserve(request)
          return attempt.ok ? endingStream(attempt, () => source?.publication.end()) : attempt
        },
      }),
    })
    source = new LiveSource(hub)
    const player = await HttpPlayer.open(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    expect(await player.toEnd()).toBe(true)
    source = new LiveSource(hub)
    const ws = await WsPlayer.open(`${wsUrl}/LiveApp/cam.flv?token=${await mint()}`)
    expect(await ws.closed).toMatchObject({ code: 1000 })
    expect(sessions.list()).toEqual([])
  })

  it('is unspent where the store cannot write, and the client hears why', async () => {
    const { hub, url, mint } = await aHttpHouse({
      between: () => ({
        reserve: async () => {
          throw new AmsctlError('STORE_FAILED', 'the disk is full')
        },
      }),
    })
    new LiveSource(hub)
    const response = await fetch(`${url}/LiveApp/cam.flv?token=${await mint()}`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: { code: 'STORE_FAILED', message: 'the disk is full' } })
  })
})

function endingStream(attempt: Attempt, end: () => void): Attempt {
  return {
    ...attempt,
    spend: async (connection) => {
      const admission = await attempt.spend(connection)
      end()
      return admission
    },
  }
}
