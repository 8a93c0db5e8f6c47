import type { ChunkStream } from 'node-media-server/src/protocol/rtmp.js'
import { type AmfReply, encodeAmf0 } from './amf0.ts'
import { Rtmp } from './engine.ts'
import { MESSAGE, type Message } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

const VERSION = 3
const MOST_CHUNK_STREAMS = 64
const LARGEST_CHUNK = 1024 * 1024
const HANDSHAKE_DONE = 3
const COMMAND_CHANNEL = 3
/** Acknowledged this often while the client has not said how often it wants it. */
const DEFAULT_WINDOW = 2_500_000
const PING_REQUEST = 6
const PING_RESPONSE = 7
const NOTHING = Buffer.alloc(0)

/** The connection that a protocol serves. */
export interface ProtocolOwner {
  output(data: Buffer): void
  /** A complete message that is not about the protocol itself. */
  received(message: Message): void
  /** The largest message of that type that may come now, in bytes. */
  largest(type: number): number
  /** For all messages that are under way together, in bytes. */
  largestTotal(): number
}

/** node-media-server's RTMP with the limits it lacks; throws ProtocolError on whatever breaks them. */
export class RtmpProtocol extends Rtmp {
  readonly #owner: ProtocolOwner
  /** Bytes promised to messages that are under way. */
  #reserved = 0
  #bytesIn = 0
  #acknowledged = 0
  #window = DEFAULT_WINDOW

  constructor(owner: ProtocolOwner) {
    super()
    this.#owner = owner
    this.onOutputCallback = (data) => owner.output(data)
  }

  receive(data: Buffer): void {
    if (this.handshakeState === 0 && data[0] !== VERSION) throw new ProtocolError('not RTMP version 3')
    this.parserData(data)
    this.#bytesIn += data.length
    if (this.handshakeState === HANDSHAKE_DONE && this.#bytesIn - this.#acknowledged >= this.#window) {
      this.#acknowledged = this.#bytesIn
      this.sendACK(this.#bytesIn >>> 0)
    }
  }

  sendCommand(streamId: number, ...values: readonly AmfReply[]): void {
    const payload = encodeAmf0(values)
    const { length } = payload
    const header = {
      fmt: 0,
      cid: COMMAND_CHANNEL,
      timestamp: 0,
      length,
      type: MESSAGE.commandAmf0,
      stream_id: streamId,
    }
    this.#owner.output(Rtmp.chunksCreate({ header, payload }))
  }

  override packetParse(): void {
    const format = (this.parserBuffer[0] ?? 0) >> 6
    const stream = this.#chunkStream(format)
    if (stream.bytes > 0 && format !== 3) throw new ProtocolError('new header within a message')
    stream.header.fmt = format
    this.parserPacket = stream
    this.chunkMessageHeaderRead()
    const { length, type } = stream.header
    if (stream.bytes === 0 && length > this.#owner.largest(type)) {
      throw new ProtocolError(`message of type ${type} and ${length} bytes is not allowed here`)
    }
  }

  /** A fresh buffer for each message, since the hub keeps what it is given. */
  override packetAlloc(): void {
    const stream = this.parserPacket
    this.#reserved += stream.header.length
    if (this.#reserved > this.#owner.largestTotal()) throw new ProtocolError('too much under way at once')
    stream.clock %= 2 ** 32
    stream.payload = Buffer.allocUnsafe(stream.header.length)
  }

  override packetHandler(): void {
    const { header, clock, payload } = this.parserPacket
    this.#letGo(this.parserPacket)
    const message = { type: header.type, timestamp: clock, streamId: header.stream_id, payload }
    switch (header.type) {
      case MESSAGE.setChunkSize:
        this.#changeChunkSize(readUInt32(payload))
        break
      case MESSAGE.abort:
        this.#abort(readUInt32(payload))
        break
      case MESSAGE.windowAcknowledgementSize:
        this.#window = readUInt32(payload) || DEFAULT_WINDOW
        break
      case MESSAGE.userControl:
        this.#userControl(payload)
        break
      case MESSAGE.acknowledgement:
      case MESSAGE.setPeerBandwidth:
        break
      default:
        this.#owner.received(message)
    }
  }

  #chunkStream(format: number): ChunkStream {
    const id = this.#chunkStreamId()
    const known = this.inPackets.get(id)
    if (known) return known
    // librtmp opens its control channel with format 1.
    if (format > 1) throw new ProtocolError('chunk stream without a first header')
    if (this.inPackets.size >= MOST_CHUNK_STREAMS) throw new ProtocolError('too many chunk streams')
    const header = { fmt: format, cid: id, timestamp: 0, length: 0, type: 0, stream_id: 0 }
    const stream = { header, clock: 0, payload: NOTHING, capacity: 0, bytes: 0 }
    this.inPackets.set(id, stream)
    return stream
  }

  #chunkStreamId(): number {
    const [first = 0, second = 0, third = 0] = this.parserBuffer
    if (this.parserBasicBytes === 1) return first & 0x3f
    return this.parserBasicBytes === 2 ? 64 + second : 64 + second + third * 256
  }

  #changeChunkSize(size: number): void {
    if (size < 1 || size > LARGEST_CHUNK)
      throw new ProtocolError(`chunk size ${size} is not from 1 to ${LARGEST_CHUNK}`)
    for (const stream of this.inPackets.values()) {
      if (stream.bytes > 0) throw new ProtocolError('chunk size changed within a message')
    }
    this.inChunkSize = size
  }

  #abort(id: number): void {
    const stream = this.inPackets.get(id)
    if (!stream || stream.bytes === 0) return
    stream.bytes = 0
    this.#letGo(stream)
  }

  #letGo(stream: ChunkStream): void {
    this.#reserved -= stream.header.length
    stream.payload = NOTHING
  }

  #userControl(payload: Buffer): void {
    if (payload.length < 6) return
    if (payload.readUInt16BE() === PING_REQUEST) this.sendStreamStatus(PING_RESPONSE, payload.readUInt32BE(2))
  }
}

function readUInt32(payload: Buffer): number {
  if (payload.length < 4) throw new ProtocolError('control message cut short')
  return payload.readUInt32BE()
}
