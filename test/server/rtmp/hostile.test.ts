import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { LiveSource } from '../../support/live-source.ts'
import { heldMemory } from '../../support/measure.ts'
import { chunksOf, RtmpClient, videoFrame } from '../../support/rtmp-client.ts'
import { openRtmpHouse } from '../../support/rtmp-house.ts'

const MIB = 1024 * 1024

/** How far the client behaves before it sends the payload. */
type Stage = 'tcp' | 'handshake' | 'connect' | 'publish' | 'play'
/** What becomes of its connection; `waits` is a client that could still go on. */
type Fate = 'closed' | 'waits'
type Hostile = [name: string, stage: Stage, fate: Fate, payload: Buffer]

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex')
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([2, value.length >> 8, value.length & 0xff]), Buffer.from(value)])
}

const NUMBER = hex('00 3ff0000000000000')
const NULL = hex('05')

function command(...parts: Buffer[]): Buffer {
  return chunksOf({ type: 20, streamId: 0, payload: Buffer.concat(parts) })
}

function control(type: number, payload: string): Buffer {
  return chunksOf({ type, channel: 2, streamId: 0, payload: hex(payload) })
}

function header(channel: number, length: number, type: number, format = 0): Buffer {
  const bytes = Buffer.alloc(format === 0 ? 12 : 8)
  bytes[0] = (format << 6) | channel
  bytes.writeUIntBE(length, 4, 3)
  bytes[7] = type
  return bytes
}

function nested(depth: number, open: Buffer): Buffer {
  return Buffer.concat([text('connect'), NUMBER, ...new Array<Buffer>(depth).fill(open)])
}

function connectWith(object: Buffer): Buffer {
  return command(text('connect'), NUMBER, object)
}

function manyStreams(count: number, length: number): Buffer {
  const first = Buffer.alloc(1)
  const streams = Array.from({ length: count }, (_, i) => {
    const [low, high] = [i & 0xff, i >> 8]
    return Buffer.concat([Buffer.from([1, low, high]), header(0, length, 20).subarray(1), first])
  })
  // One byte of a chunk is not the whole of it: the rest would have to follow.
  return Buffer.concat(streams.map((stream) => Buffer.concat([stream, Buffer.alloc(Math.min(length, 128) - 1)])))
}

const C0C1 = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)])

const HANDSHAKES: Hostile[] = [
  ['nothing but FIN', 'tcp', 'waits', Buffer.alloc(0)],
  ['half a handshake', 'tcp', 'waits', C0C1.subarray(0, 700)],
  ['one byte', 'tcp', 'waits', Buffer.from([3])],
  ['version 0', 'tcp', 'closed', Buffer.concat([Buffer.from([0]), C0C1.subarray(1)])],
  ['version 6 (RTMPE)', 'tcp', 'closed', Buffer.concat([Buffer.from([6]), C0C1.subarray(1)])],
  ['version 255', 'tcp', 'closed', Buffer.concat([Buffer.from([255]), C0C1.subarray(1)])],
  ['HTTP', 'tcp', 'closed', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['a TLS hello', 'tcp', 'closed', hex('16 03 01 02 00 01 00 01 fc 03 03')],
  ['a handshake of 0xff', 'tcp', 'waits', Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 0xff)])],
  [
    'garbage behind the handshake',
    'tcp',
    'closed',
    Buffer.concat([C0C1, Buffer.alloc(1536), Buffer.alloc(5000, 0xff)]),
  ],
]

const AMF: Hostile[] = [
  ['an empty command', 'handshake', 'waits', Buffer.concat([header(3, 0, 20), Buffer.from([2])])],
  ['a command that is a number', 'handshake', 'closed', command(NUMBER, NUMBER)],
  ['a command that is null', 'handshake', 'closed', command(NULL)],
  ['a command that is an object', 'handshake', 'closed', command(hex('03 000009'))],
  ['a text longer than its message', 'handshake', 'closed', command(hex('02 ffff 61'))],
  ['a long text of 4 GiB', 'handshake', 'closed', command(hex('0c ffffffff 61'))],
  ['a number cut short', 'handshake', 'closed', command(text('connect'), hex('00 3ff0'))],
  ['an object without an end', 'handshake', 'closed', connectWith(hex('03 0003 617070'))],
  ['an object key cut short', 'handshake', 'closed', connectWith(hex('03 00'))],
  ['an unknown AMF type', 'handshake', 'closed', connectWith(hex('7f'))],
  ['AMF 3 where AMF 0 belongs', 'handshake', 'closed', connectWith(hex('11 0a 0b 01'))],
  ['an AMF 3 command of one byte', 'handshake', 'closed', chunksOf({ type: 17, payload: hex('00') })],
  ['a strict array of 2^32 - 1', 'handshake', 'closed', connectWith(hex('0a ffffffff 05'))],
  ['an ECMA array of 2^32 - 1', 'handshake', 'closed', connectWith(hex('08 ffffffff 0001 61 05'))],
  ['a movie clip', 'handshake', 'closed', connectWith(hex('04'))],
  ['a record set', 'handshake', 'closed', connectWith(hex('0e'))],
  ['a date cut short', 'handshake', 'closed', connectWith(hex('0b 00'))],
  ['10,000 nested arrays', 'handshake', 'closed', command(nested(10_000, hex('0a 00000001')))],
  ['10,000 nested objects', 'handshake', 'closed', command(nested(10_000, hex('03 0001 61')))],
  ['17 nested typed objects', 'handshake', 'closed', command(nested(17, hex('10 0001 61 0001 61')))],
]

const APP = Buffer.concat([hex('0003'), Buffer.from('app'), text('LiveApp')])
const END = hex('000009')

const COMMANDS: Hostile[] = [
  ...['toString', '__proto__', 'constructor', 'hasOwnProperty', 'valueOf', '__defineGetter__'].map(
    (name): Hostile => [`a command named ${name}`, 'connect', 'waits', command(text(name), NUMBER, NULL)],
  ),
  [
    'an app named __proto__',
    'handshake',
    'waits',
    connectWith(Buffer.concat([hex('03 0003'), Buffer.from('app'), text('__proto__'), END])),
  ],
  [
    'an object with __proto__ and constructor',
    'handshake',
    'waits',
    connectWith(
      Buffer.concat([
        hex('03 0009'),
        Buffer.from('__proto__'),
        hex('03'),
        APP,
        END,
        hex('000b'),
        Buffer.from('constructor'),
        NULL,
        APP,
        END,
      ]),
    ),
  ],
  ['connect without an object', 'handshake', 'closed', command(text('connect'), NUMBER)],
  ['connect with null', 'handshake', 'closed', connectWith(NULL)],
  ['connect without an app', 'handshake', 'closed', connectWith(Buffer.concat([hex('03'), END]))],
  [
    'an app that is a number',
    'handshake',
    'closed',
    connectWith(Buffer.concat([hex('03 0003'), Buffer.from('app'), NUMBER, END])),
  ],
  [
    'an app that is an object',
    'handshake',
    'closed',
    connectWith(Buffer.concat([hex('03 0003'), Buffer.from('app'), hex('03'), END, END])),
  ],
  ['connect without tcUrl', 'handshake', 'waits', connectWith(Buffer.concat([hex('03'), APP, END]))],
  [
    'a tcUrl that is none',
    'handshake',
    'waits',
    connectWith(Buffer.concat([hex('03'), APP, hex('0005'), Buffer.from('tcUrl'), text('::::'), END])),
  ],
  ['publish before connect', 'handshake', 'closed', command(text('publish'), NUMBER, NULL, text('cam?token=good'))],
  ['play before connect', 'handshake', 'closed', command(text('play'), NUMBER, NULL, text('cam?token=good'))],
  ['publish without a name', 'connect', 'closed', command(text('publish'), NUMBER, NULL)],
  ['publish with a number for a name', 'connect', 'closed', command(text('publish'), NUMBER, NULL, NUMBER)],
  ['publish with an object for a name', 'connect', 'closed', command(text('publish'), NUMBER, NULL, hex('03 000009'))],
  ['a name of 60,000 slashes', 'connect', 'closed', command(text('publish'), NUMBER, NULL, text('/'.repeat(60_000)))],
  ['a name with a broken escape', 'connect', 'closed', command(text('play'), NUMBER, NULL, text('%E0%A4%A'))],
  ['a name of control characters', 'connect', 'closed', command(text('play'), NUMBER, NULL, text('\u0000\u001b[2J'))],
  ['a transaction that is text', 'connect', 'waits', command(text('createStream'), text('x'), NULL)],
  [
    'a transaction that is not a number',
    'connect',
    'waits',
    command(text('createStream'), hex('00 7ff8000000000000'), NULL),
  ],
  ['connect while publishing', 'publish', 'closed', command(text('connect'), NUMBER, NULL)],
  ['publish while publishing', 'publish', 'closed', command(text('publish'), NUMBER, NULL, text('b?token=good'))],
  ['publish while playing', 'play', 'closed', command(text('publish'), NUMBER, NULL, text('b?token=good'))],
]

const CHUNKS: Hostile[] = [
  ['chunk size 0', 'handshake', 'closed', control(1, '00000000')],
  ['a negative chunk size', 'handshake', 'closed', control(1, '80000001')],
  ['chunk size 2^31 - 1', 'handshake', 'closed', control(1, '7fffffff')],
  ['chunk size of more than 1 MiB', 'handshake', 'closed', control(1, '00100001')],
  ['a chunk size cut short', 'handshake', 'closed', control(1, '0000')],
  ['chunk size 1', 'handshake', 'waits', control(1, '00000001')],
  ['an abort cut short', 'handshake', 'closed', control(2, '00')],
  ['an abort of nothing', 'handshake', 'waits', control(2, 'ffffffff')],
  ['a window of 0', 'handshake', 'waits', control(5, '00000000')],
  ['a window of 1', 'handshake', 'waits', control(5, '00000001')],
  ['a window cut short', 'handshake', 'closed', control(5, '00')],
  ['a ping cut short', 'handshake', 'waits', control(4, '0006')],
  ['an unknown user control event', 'handshake', 'waits', control(4, 'ffff00000000')],
  ['a command of 16 MiB', 'handshake', 'closed', header(3, 0xffffff, 20)],
  ['a command of 64 KiB and one byte', 'handshake', 'closed', header(3, 65_537, 20)],
  ['an unknown type of 16 MiB', 'handshake', 'closed', header(3, 0xffffff, 99)],
  ['an unknown type', 'handshake', 'waits', chunksOf({ type: 99, payload: Buffer.alloc(10) })],
  ['a shared object', 'handshake', 'waits', chunksOf({ type: 19, payload: Buffer.alloc(10) })],
  ['65 chunk streams', 'handshake', 'closed', manyStreams(65, 1)],
  ['three messages of 64 KiB at once', 'handshake', 'closed', manyStreams(3, 65_536)],
  ['a chunk stream that begins with format 3', 'handshake', 'closed', Buffer.from([0xc7, 0])],
  ['a chunk stream that begins with format 2', 'handshake', 'closed', hex('87 000000 00')],
  [
    'a longer header within a message',
    'handshake',
    'closed',
    Buffer.concat([header(4, 200, 20), Buffer.alloc(128), header(4, 60_000, 20)]),
  ],
  [
    'a shorter header within a message',
    'handshake',
    'closed',
    Buffer.concat([header(4, 200, 20), Buffer.alloc(128), header(4, 1, 20, 1)]),
  ],
  [
    'a chunk size changed within a message',
    'handshake',
    'closed',
    Buffer.concat([header(4, 200, 20), Buffer.alloc(128), control(1, '00000001')]),
  ],
  ['an extended timestamp of 2^32 - 1', 'handshake', 'waits', hex('03 ffffff 000001 63 00000000 ffffffff 00')],
]

const MEDIA: Hostile[] = [
  ['video without publishing', 'connect', 'closed', chunksOf(videoFrame('evil'))],
  ['empty audio without publishing', 'connect', 'closed', Buffer.concat([header(4, 0, 8), header(4, 0, 8)])],
  ['metadata without publishing', 'connect', 'closed', chunksOf({ type: 18, payload: text('onMetaData') })],
  ['an aggregate without publishing', 'connect', 'closed', chunksOf({ type: 22, payload: Buffer.alloc(20) })],
  ['video while playing', 'play', 'closed', chunksOf(videoFrame('evil'))],
  ['video of 8 MiB and one byte', 'publish', 'closed', header(4, 8 * MIB + 1, 9)],
  ['metadata of 2 MiB', 'publish', 'closed', header(4, 2 * MIB, 18)],
  ['empty video', 'publish', 'waits', Buffer.concat([header(4, 0, 9), header(4, 0, 9)])],
  ['empty audio', 'publish', 'waits', Buffer.concat([header(4, 0, 8), header(4, 0, 8)])],
  ['empty metadata', 'publish', 'waits', Buffer.concat([header(4, 0, 15), header(4, 0, 18), header(4, 0, 18)])],
  ['video of one byte', 'publish', 'waits', chunksOf({ type: 9, payload: hex('17') })],
  ['an enhanced header cut short', 'publish', 'waits', chunksOf({ type: 9, payload: hex('90 68') })],
  ['metadata that is a number', 'publish', 'waits', chunksOf({ type: 18, payload: NUMBER })],
  ['an aggregate cut short', 'publish', 'closed', chunksOf({ type: 22, payload: hex('09 00') })],
  [
    'an aggregate with a tag beyond its end',
    'publish',
    'closed',
    chunksOf({ type: 22, payload: hex('09 ffffff 000000 00 000000 17') }),
  ],
  [
    'an aggregate in an aggregate',
    'publish',
    'closed',
    chunksOf({ type: 22, payload: hex('16 000000 000000 00 000000 0000000b') }),
  ],
]

const ALL = [...HANDSHAKES, ...AMF, ...COMMANDS, ...CHUNKS, ...MEDIA]

let house: Awaited<ReturnType<typeof openRtmpHouse>>
let source: LiveSource
let names = 0

beforeAll(async () => {
  house = await openRtmpHouse({ limits: { closingTimeout: 100 } })
  source = new LiveSource(house.hub)
})
afterAll(() => house.close())

async function clientAt(stage: Stage): Promise<RtmpClient> {
  const client =
    stage === 'tcp' || stage === 'handshake' ? await RtmpClient.to(house.port) : await RtmpClient.at(house.port)
  if (stage === 'handshake') await client.shakeHands()
  if (stage === 'publish') {
    client.publish(`hostile${names++}?token=good`)
    await client.status('NetStream.Publish.Start')
  }
  if (stage === 'play') {
    client.play('cam?token=good')
    await client.status('NetStream.Play.Start')
  }
  return client
}

/** Somebody else publishes and plays as if nothing had been. */
async function honestClientsAreServed(): Promise<void> {
  const name = `honest${names++}`
  const publisher = await RtmpClient.at(house.port)
  publisher.publish(`${name}?token=good`)
  await publisher.status('NetStream.Publish.Start')
  publisher.frame('hello')
  const player = await RtmpClient.at(house.port)
  player.play(`${name}?token=good`)
  await player.sees('hello')
  publisher.socket.destroy()
  player.socket.destroy()
}

describe('hostile RTMP', () => {
  it(`is tried in at least 60 ways`, () => {
    expect(ALL.length).toBeGreaterThanOrEqual(60)
  })

  it.each(ALL)('%s (at %s) leaves the server standing', async (_name, stage, fate, payload) => {
    const client = await clientAt(stage)
    client.raw(payload)
    if (fate === 'closed') await client.closed()
    else client.socket.end()
    await honestClientsAreServed()
    source.frame('own')
    expect(house.bugs).toEqual([])
    if (fate === 'waits') await client.closed()
  })

  it('leaves an object with a __proto__ its own app only', async () => {
    const client = await clientAt('handshake')
    const sneaky = Buffer.concat([hex('03 0009'), Buffer.from('__proto__'), hex('03'), APP, END, END])
    client.raw(connectWith(sneaky))
    await client.closed()
    expect(({} as { app?: unknown }).app).toBeUndefined()
  })
})

describe('memory', () => {
  it('is bounded while many clients hold messages open, and back when they are gone', async () => {
    const before = await heldMemory()
    const clients: RtmpClient[] = []
    for (let i = 0; i < 200; i++) {
      const client = await RtmpClient.to(house.port)
      await client.shakeHands()
      client.raw(manyStreams(2, 65_536))
      clients.push(client)
    }
    await honestClientsAreServed()
    // Two commands of 64 KiB each are the most, where nobody has let them in.
    expect((await heldMemory()) - before).toBeLessThan(60 * MIB)
    for (const client of clients) client.socket.destroy()
    await Promise.all(clients.map((client) => client.closed()))
    await eventually(async () => ((await heldMemory()) - before < 16 * MIB ? true : undefined))
  })

  it('is bounded under 1,000 idle connections', async () => {
    const before = await heldMemory()
    const clients: RtmpClient[] = []
    for (let i = 0; i < 1000; i++) clients.push(await RtmpClient.to(house.port))
    await honestClientsAreServed()
    expect((await heldMemory()) - before).toBeLessThan(64 * MIB)
    for (const client of clients) client.socket.destroy()
    await Promise.all(clients.map((client) => client.closed()))
    await eventually(async () => ((await heldMemory()) - before < 16 * MIB ? true : undefined))
  })
})
