import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectDaemon } from '../../../src/cli/daemon-client.ts'
import { createControlServer } from '../../../src/server/control/server.ts'
import type { DaemonOperations } from '../../../src/services/daemon-operations.ts'
import type { Log } from '../../../src/services/log.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'

const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function aControlServer(operations: Partial<DaemonOperations> = {}) {
  const directory = await temporaryDirectory()
  const path = join(directory, 'control.sock')
  const server = createControlServer({ showSettings: async () => [], ...operations } as DaemonOperations, silentLog)
  await server.start(path)
  onTestFinished(() => server.close())
  return { server, directory, path }
}

async function dial(path: string): Promise<Socket> {
  const socket = connect(path)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** What the server says to `line`, its hello left out. */
async function answerTo(path: string, line: string): Promise<unknown> {
  const socket = await dial(path)
  socket.write(`${line}\n`)
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  await lines.next()
  const { value } = await lines.next()
  socket.destroy()
  return JSON.parse(value)
}

async function stillServes(path: string): Promise<void> {
  expect(await answerTo(path, '{"id":1,"method":"showSettings"}')).toEqual({ id: 1, result: [] })
}

describe('the control socket', () => {
  it('is for its owner alone', async () => {
    const { path } = await aControlServer()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['no JSON', 'GET / HTTP/1.1'],
    ['no object', '42'],
    ['no method', '{"id":1}'],
    ['an inherited name', '{"id":1,"method":"constructor"}'],
    ['the prototype', '{"id":1,"method":"__proto__"}'],
  ])('answers %s with BAD_REQUEST', async (_name, line) => {
    const { path } = await aControlServer()
    expect(await answerTo(path, line)).toMatchObject({ error: { code: 'BAD_REQUEST' } })
    await stillServes(path)
  })

  it('outlives commands that are killed before they read the answer', async () => {
    const { path } = await aControlServer({
      listApiKeys: async () => [{ id: 'x'.repeat(1 << 20), note: null, createdAt: '' }],
    })
    for (let n = 0; n < 5; n++) {
      const socket = await dial(path)
      socket.write('{"id":1,"method":"listApiKeys"}\n'.repeat(3))
      await once(socket, 'readable')
      socket.destroy()
    }
    await stillServes(path)
  })

  it('outlives an answer that no string can hold', async () => {
    const tooLong = {
      toJSON: () => {
        throw new RangeError('Invalid string length')
      },
    }
    const { path } = await aControlServer({ listApiKeys: async () => [tooLong] as never })
    expect(await answerTo(path, '{"id":1,"method":"listApiKeys"}')).toMatchObject({
      id: 1,
      error: { code: 'INTERNAL' },
    })
    await stillServes(path)
  })

  it('hangs up on a call that never ends', async () => {
    const { path } = await aControlServer()
    const socket = await dial(path)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    const megabyte = Buffer.alloc(1 << 20, 'x')
    const more = () => void (socket.writable && socket.write(megabyte, more))
    more()
    socket.resume()
    await closed
    await stillServes(path)
  })

  it('being closed, answers first what is under way, and waits for nobody who does not hang up', async () => {
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    let begun = () => {}
    const asked = new Promise<void>((resolve) => {
      begun = resolve
    })
    const { server, path } = await aControlServer({
      listApiKeys: async () => {
        begun()
        await finished
        return []
      },
    })
    await dial(path)
    const answer = answerTo(path, '{"id":7,"method":"listApiKeys"}')
    await asked
    const closing = server.close()
    finish()
    expect(await answer).toEqual({ id: 7, result: [] })
    await closing
  })
})

describe('a command that connects', () => {
  async function aListener(onConnection: (socket: Socket) => void): Promise<string> {
    const directory = await temporaryDirectory()
    const server = createServer({ allowHalfOpen: true }, onConnection).listen(join(directory, 'control.sock'))
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return directory
  }

  it('takes a daemon that hangs up at once for none: it is stopping', async () => {
    const directory = await aListener((socket) => socket.end())
    expect(await connectDaemon(directory)).toBeUndefined()
  })

  it('refuses a daemon of another version', async () => {
    const directory = await aListener((socket) => socket.write('{"amsctl":"9.9.9","protocol":99}\n'))
    await expect(connectDaemon(directory)).rejects.toMatchObject({
      code: 'DAEMON_VERSION',
      message: expect.stringContaining('9.9.9'),
    })
  })

  it('hears of a daemon that stops before it answers', async () => {
    const { server, directory } = await aControlServer({ listApiKeys: () => new Promise(() => {}) })
    const connection = await connectDaemon(directory)
    const asked = connection?.daemon.listApiKeys()
    const refused = expect(asked).rejects.toMatchObject({ code: 'DAEMON_DOWN' })
    await server.close()
    await refused
  })
})
