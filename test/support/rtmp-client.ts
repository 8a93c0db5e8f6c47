import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { type AmfReply, type AmfValue, decodeAmf0, encodeAmf0 } from '../../src/server/rtmp/amf0.ts'
import { type RtmpMessage, RtmpReader } from './rtmp-reader.ts'

const HANDSHAKE = 1536
const CHUNK = 128

export interface OutgoingMessage {
  readonly type: number
  readonly payload: Buffer
  readonly streamId?: number
  readonly channel?: number
  readonly timestamp?: number
}

export interface Status {
  readonly level: AmfValue | undefined
  readonly code: AmfValue | undefined
  readonly description: AmfValue | undefined
}

/** A minimal RTMP client that can also send what no client should. */
export class RtmpClient {
  readonly socket: Socket
  readonly #reader = new RtmpReader()
  #received = 0
  /** Questions that are asked again whenever something comes in, and at the end. */
  readonly #waiting = new Set<() => void>()

  private constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('close', () => this.#ask())
    // A reset is one of the answers that a hostile client may get.
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  }

  /** Connected, with nothing sent yet. */
  static async to(port: number, { secure = false } = {}): Promise<RtmpClient> {
    const socket = secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1')
    await once(socket, secure ? 'secureConnect' : 'connect')
    return new RtmpClient(socket)
  }

  /** Connected, shaken hands and past `connect` and `createStream`. */
  static async at(port: number, options: { secure?: boolean } = {}): Promise<RtmpClient> {
    const client = await RtmpClient.to(port, options)
    await client.shakeHands()
    await client.connectTo('LiveApp')
    return client
  }

  /** Bytes so far. */
  get received(): number {
    return this.#received
  }

  get messages(): readonly RtmpMessage[] {
    return this.#reader.messages
  }

  /** Payloads of all video frames as text, as {@link LiveSource} makes them. */
  get frames(): string[] {
    return this.messages
      .filter(({ type, payload }) => type === 9 && payload[1] === 1)
      .map(({ payload }) => payload.subarray(5).toString().replace(/\.+$/, ''))
  }

  get statuses(): Status[] {
    return this.#commands('onStatus').flatMap((values) => {
      const info = values[3]
      if (!(info instanceof Map)) return []
      return [{ level: info.get('level'), code: info.get('code'), description: info.get('description') }]
    })
  }

  raw(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  async shakeHands(): Promise<void> {
    this.raw(Buffer.concat([Buffer.from([3]), Buffer.alloc(HANDSHAKE)]))
    await this.until(() => this.#received > 2 * HANDSHAKE || this.socket.destroyed || undefined)
    this.raw(Buffer.alloc(HANDSHAKE))
  }

  async connectTo(app: string): Promise<void> {
    this.command(0, 'connect', 1, { app, flashVer: 'test/1.0', tcUrl: `rtmp://127.0.0.1/${app}` })
    await this.answerTo(1)
    this.command(0, 'createStream', 2, null)
    await this.answerTo(2)
  }

  async answerTo(transaction: number): Promise<readonly AmfValue[]> {
    return this.until(() =>
      [...this.#commands('_result'), ...this.#commands('_error')].find((v) => v[1] === transaction),
    )
  }

  publish(name: string): void {
    this.command(1, 'publish', 3, null, name, 'live')
  }

  play(name: string): void {
    this.command(1, 'play', 3, null, name)
  }

  /** Asks `question` again whenever the server has sent something, until it has an answer. */
  async until<T>(question: () => T | undefined): Promise<T> {
    for (;;) {
      const answer = question()
      if (answer !== undefined) return answer
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`the server did not answer: ${question}`)), 40_000)
        const wake = () => {
          clearTimeout(late)
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }

  /** Plays until a frame with `text` has come. */
  async sees(text: string): Promise<void> {
    await this.until(() => this.frames.includes(text) || undefined)
  }

  /** Resolves with the first status of that code. */
  async status(code: string): Promise<Status> {
    return this.until(() => this.statuses.find((status) => status.code === code))
  }

  /** Sends one frame that a viewer sees as `text`. */
  frame(text: string, { key = true, timestamp = 0 } = {}): void {
    this.send(videoFrame(text, { key, timestamp }))
  }

  command(streamId: number, ...values: AmfReply[]): void {
    this.send({ type: 20, streamId, payload: encodeAmf0(values) })
  }

  send(message: OutgoingMessage): void {
    this.raw(chunksOf(message))
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (this.socket.closed) return
    // Not `once`, for which a reset would be a failure.
    await new Promise((resolve) => this.socket.on('close', resolve))
  }

  #commands(name: string): AmfValue[][] {
    return this.messages
      .filter(({ type }) => type === 20)
      .map(({ payload }) => decodeAmf0(payload))
      .filter((values) => values[0] === name)
  }

  #read(chunk: Buffer): void {
    const handshake = Math.max(0, Math.min(chunk.length, 1 + 2 * HANDSHAKE - this.#received))
    this.#received += chunk.length
    this.#reader.push(chunk.subarray(handshake))
    this.#ask()
  }

  #ask(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}

/** A message in chunks of 128 bytes, the size that holds until it is changed. */
export function chunksOf({ type, payload, streamId = 1, channel = 3, timestamp = 0 }: OutgoingMessage): Buffer {
  const header = Buffer.alloc(12)
  header[0] = channel
  header.writeUIntBE(timestamp, 1, 3)
  header.writeUIntBE(payload.length, 4, 3)
  header[7] = type
  header.writeUInt32LE(streamId, 8)
  const parts: Buffer[] = [header]
  for (let offset = 0; offset < payload.length; offset += CHUNK) {
    if (offset > 0) parts.push(Buffer.from([0xc0 | channel]))
    parts.push(payload.subarray(offset, offset + CHUNK))
  }
  return Buffer.concat(parts)
}

export function videoFrame(text: string, { key = true, timestamp = 0 } = {}): OutgoingMessage {
  const payload = Buffer.concat([Buffer.from([key ? 0x17 : 0x27, 1, 0, 0, 0]), Buffer.from(text)])
  return { type: 9, channel: 6, timestamp, payload }
}
