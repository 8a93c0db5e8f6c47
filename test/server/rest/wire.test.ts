import { describe, expect, it } from 'vitest'
import { aHttpHouse } from '../../support/http-house.ts'
import { RawClient } from '../../support/raw-client.ts'
import { NOW } from '../../support/tokens.ts'

const MINT = `/LiveApp/rest/v2/broadcasts/cam/token?expireDate=${NOW + 3600}&type=play`
const HOST = 'Host: 127.0.0.1'
/** More than Node keeps unless it is told to. */
const MANY = Array.from({ length: 1200 }, (_, n) => `A${n}:`)

async function ask(port: number, ...lines: string[]): Promise<string> {
  const client = await RawClient.to(port)
  client.send([...lines, 'Connection: close', '\r\n'].join('\r\n'))
  return client.closed()
}

describe('what admits a REST caller cannot be hidden from the server', () => {
  it.each([
    ['the header of a proxy behind many others', `GET ${MINT} HTTP/1.1`, [HOST, ...MANY, 'X-Forwarded-For: 192.0.2.1']],
    ['a second Host', `GET ${MINT} HTTP/1.1`, [HOST, 'Host: rebound.test']],
    ['a second Origin', `GET ${MINT} HTTP/1.1`, [HOST, 'Origin: http://127.0.0.1', 'Origin: http://evil.test']],
    ['the host in an absolute target', `GET http://rebound.test${MINT} HTTP/1.1`, [HOST]],
    ['a user in an absolute target', `GET http://a@127.0.0.1${MINT} HTTP/1.1`, [HOST]],
  ])('%s', async (_what, line, headers) => {
    const { port } = await aHttpHouse()
    expect(await ask(port, line, ...headers)).toMatch(/^HTTP\/1\.1 403 [\s\S]*"ACCESS_DENIED"/)
  })

  it('and what is no secret may come in any form', async () => {
    const { port } = await aHttpHouse()
    expect(await ask(port, `GET http://127.0.0.1:5080${MINT} HTTP/1.1`, HOST)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await ask(port, `GET ${MINT} HTTP/1.1`, HOST, ...MANY)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('a body behind many headers is no request of its own', async () => {
    const { port } = await aHttpHouse()
    const client = await RawClient.to(port)
    const hidden = `GET ${MINT} HTTP/1.1\r\n${HOST}\r\n\r\n`
    const offer = ['Connection: Upgrade', 'Upgrade: h2c', ...MANY, `Content-Length: ${hidden.length}`]
    client.send([`POST /nowhere HTTP/1.1`, HOST, ...offer, `\r\n${hidden}`].join('\r\n'))
    await client.receives('404')
    client.send(`GET /healthz HTTP/1.1\r\n${HOST}\r\n\r\n`)
    await client.receives('"ok"')
    expect(client.text).not.toContain('tokenId')
  })
})

it('an API key that is revoked while the body comes in admits nobody', async () => {
  const { port, operations } = await aHttpHouse()
  const { id, key } = await operations.createApiKey({ note: null })
  const client = await RawClient.to(port)
  const headers = [HOST, `Authorization: Bearer ${key}`, 'Content-Length: 2', 'Expect: 100-continue']
  client.send([`POST ${MINT} HTTP/1.1`, ...headers, '\r\n'].join('\r\n'))
  await client.receives('100 Continue')
  await operations.revokeApiKey(id)
  client.send('{}')
  await client.receives('ACCESS_DENIED')
  expect(await operations.listTokens({})).toEqual([])
})

describe('a method that a REST address does not have', () => {
  it.each([
    ['HEAD', MINT, 'GET, POST'],
    ['PUT', MINT, 'GET, POST'],
    ['OPTIONS', MINT, 'GET, POST'],
    ['GET', '/LiveApp/rest/broadcast/validateToken', 'POST'],
    ['POST', '/LiveApp/rest/v2/broadcasts/cam/tokens', 'DELETE'],
    ['GET', '/LiveApp/rest/session', 'POST'],
  ])('%s %s is told which it has, and does nothing', async (method, path, allow) => {
    const { url, operations } = await aHttpHouse()
    const answer = await fetch(url + path, { method })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    if (method !== 'HEAD') expect(await answer.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } })
    expect(await operations.listTokens({})).toEqual([])
  })
})
