import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answerUnreadable } from '../../../src/server/http/unreadable.ts'
import { RawClient } from '../../support/raw-client.ts'

const LATE = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })

async function aConnection(): Promise<{ client: RawClient; held: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = await RawClient.to((server.address() as AddressInfo).port)
  const [held] = await accepted
  return { client, held }
}

describe('a connection without a whole request', () => {
  it('is told what was missing', async () => {
    const { client, held } = await aConnection()
    client.send('GET / HTTP/1.1\r\n')
    await once(held, 'data')
    answerUnreadable(LATE, held, false)
    await once(client.socket, 'end')
    expect(client.text).toMatch(/^HTTP\/1\.1 400 .*not readable as HTTP \(ERR_HTTP_REQUEST_TIMEOUT\)/s)
  })

  it('ends without a word where nothing was asked, for browsers would take that as their next answer', async () => {
    const { client, held } = await aConnection()
    answerUnreadable(LATE, held, false)
    await once(client.socket, 'close')
    expect(client.text).toBe('')
  })

  it('is told nothing that could pass for the answer to an earlier request', async () => {
    const { client, held } = await aConnection()
    client.send('GET / HTTP/1.1\r\n')
    await once(held, 'data')
    answerUnreadable(LATE, held, true)
    await once(client.socket, 'close')
    expect(client.text).toBe('')
  })
})
