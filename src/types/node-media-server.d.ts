/** What amsctl uses of node-media-server 4.4.3; test/server/rtmp/engine.test.ts holds it to this. */
declare module 'node-media-server/src/protocol/rtmp.js' {
  /** The state of one incoming chunk stream. */
  export interface ChunkStream {
    readonly header: {
      fmt: number
      cid: number
      timestamp: number
      length: number
      type: number
      stream_id: number
    }
    /** Absolute time of the message. */
    clock: number
    payload: Buffer
    capacity: number
    /** How much of the payload is there. */
    bytes: number
  }

  export interface OutgoingMessage {
    readonly header: ChunkStream['header']
    readonly payload: Buffer
  }

  export default class Rtmp {
    static chunksCreate(message: OutgoingMessage): Buffer

    readonly flv: unknown
    /** 0 before the first byte, 3 after the handshake. */
    readonly handshakeState: number
    readonly parserBuffer: Buffer
    readonly parserBasicBytes: number
    parserPacket: ChunkStream
    readonly inPackets: Map<number, ChunkStream>
    inChunkSize: number
    readonly outChunkSize: number
    onOutputCallback: (data: Buffer) => void

    parserData(data: Buffer): string | null
    /** Called when a chunk's header is complete. */
    packetParse(): void
    chunkMessageHeaderRead(): number
    /** Called when the first chunk of a message begins. */
    packetAlloc(): void
    /** Called when a message is complete. */
    packetHandler(): void
    sendACK(size: number): void
    sendWindowACK(size: number): void
    setPeerBandwidth(size: number, type: number): void
    setChunkSize(size: number): void
    /** A user control message: event type and one 32-bit value. */
    sendStreamStatus(event: number, value: number): void
  }
}

declare module 'node-media-server/src/core/logger.js' {
  const logger: { log(message: string, level?: string): void }
  export default logger
}
