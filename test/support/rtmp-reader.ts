const HEADER_SIZES = [11, 7, 3, 0]
const EXTENDED = 0xffffff

export interface RtmpMessage {
  readonly type: number
  readonly timestamp: number
  readonly streamId: number
  readonly channel: number
  readonly payload: Buffer
}

interface ChunkStream {
  timestamp: number
  extended: boolean
  length: number
  type: number
  streamId: number
  parts: Buffer[]
  have: number
}

/** Reads RTMP chunks as a server sends them: absolute timestamps, one-byte channels. */
export class RtmpReader {
  readonly messages: RtmpMessage[] = []
  readonly #streams = new Map<number, ChunkStream>()
  #rest = Buffer.alloc(0)
  #chunkSize = 128

  push(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    while (this.#readChunk());
  }

  #readChunk(): boolean {
    const first = this.#rest[0]
    if (first === undefined) return false
    const format = first >> 6
    const channel = first & 0x3f
    if (channel < 2) throw new Error('a channel of more than one byte')
    const size = HEADER_SIZES[format] ?? 0
    if (this.#rest.length < 1 + size) return false
    const stream = format === 0 ? this.#begin(this.#rest) : this.#streams.get(channel)
    if (!stream || (format !== 0 && format !== 3)) throw new Error(`chunk of format ${format} without a message`)
    const extra = stream.extended ? 4 : 0
    const start = 1 + size + extra
    const length = Math.min(this.#chunkSize, stream.length - stream.have)
    if (this.#rest.length < start + length) return false
    if (stream.extended) this.#readExtended(stream, format, 1 + size)
    stream.parts.push(this.#rest.subarray(start, start + length))
    stream.have += length
    this.#rest = this.#rest.subarray(start + length)
    this.#streams.set(channel, stream)
    if (stream.have === stream.length) this.#finish(channel, stream)
    return true
  }

  #begin(chunk: Buffer): ChunkStream {
    const timestamp = chunk.readUIntBE(1, 3)
    const extended = timestamp === EXTENDED
    const length = chunk.readUIntBE(4, 3)
    return {
      timestamp,
      extended,
      length,
      type: chunk.readUInt8(7),
      streamId: chunk.readUInt32LE(8),
      parts: [],
      have: 0,
    }
  }

  #readExtended(stream: ChunkStream, format: number, offset: number): void {
    const timestamp = this.#rest.readUInt32BE(offset)
    if (format === 3 && timestamp !== stream.timestamp) throw new Error('extended timestamp not repeated')
    stream.timestamp = timestamp
  }

  #finish(channel: number, stream: ChunkStream): void {
    this.#streams.delete(channel)
    const { type, timestamp, streamId } = stream
    const payload = Buffer.concat(stream.parts)
    if (type === 1) this.#chunkSize = payload.readUInt32BE()
    this.messages.push({ type, timestamp, streamId, channel, payload })
  }
}
