import { RTMP_CHUNK_SIZE, RTMP_MEDIA_STREAM } from '../../media/rtmp-chunks.ts'
import type { Denial } from './access.ts'
import type { AmfReply } from './amf0.ts'
import type { RtmpProtocol } from './protocol.ts'

/** The window that clients are asked to acknowledge, in bytes. */
const WINDOW = 5_000_000
const DYNAMIC = 2
/** User control events. */
const STREAM_BEGIN = 0
const STREAM_EOF = 1

/** What the server says, in RTMP's words (specification 1.0, section 7.2). */
export class Replies {
  readonly #protocol: RtmpProtocol

  constructor(protocol: RtmpProtocol) {
    this.#protocol = protocol
  }

  connected(transaction: number): void {
    this.#prepare()
    const server = { fmsVer: 'FMS/3,5,7,7009', capabilities: 31 }
    const info = {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
    }
    this.#protocol.sendCommand(0, '_result', transaction, server, info)
  }

  connectRefused(transaction: number, description: string): void {
    this.#prepare()
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description }
    this.#protocol.sendCommand(0, '_error', transaction, null, info)
  }

  /** One media stream a connection, since all players share what is sent on it. */
  streamCreated(transaction: number): void {
    this.result(transaction, RTMP_MEDIA_STREAM)
  }

  result(transaction: number, value: AmfReply): void {
    this.#protocol.sendCommand(0, '_result', transaction, null, value)
  }

  publishStarted(streamId: number, name: string): void {
    this.#status(streamId, 'status', 'NetStream.Publish.Start', `${name} is now published.`)
  }

  unpublished(streamId: number): void {
    this.#status(streamId, 'status', 'NetStream.Unpublish.Success', 'The stream has ended.')
  }

  playStarted(streamId: number, name: string): void {
    this.#protocol.sendStreamStatus(STREAM_BEGIN, streamId)
    this.#status(streamId, 'status', 'NetStream.Play.Reset', `Playing and resetting ${name}.`)
    this.#status(streamId, 'status', 'NetStream.Play.Start', `Started playing ${name}.`)
  }

  /** The stream that a player watched is over. */
  streamEnded(streamId: number): void {
    this.#status(streamId, 'status', 'NetStream.Play.UnpublishNotify', 'The stream has ended.')
    this.#protocol.sendStreamStatus(STREAM_EOF, streamId)
  }

  denied(streamId: number, denial: Denial): void {
    this.#status(streamId, 'error', denial.code, denial.description)
  }

  /** All that is bigger than 128 bytes must come after the chunk size. */
  #prepare(): void {
    this.#protocol.sendWindowACK(WINDOW)
    this.#protocol.setPeerBandwidth(WINDOW, DYNAMIC)
    this.#protocol.setChunkSize(RTMP_CHUNK_SIZE)
  }

  #status(streamId: number, level: string, code: string, description: string): void {
    this.#protocol.sendCommand(streamId, 'onStatus', 0, null, { level, code, description })
  }
}
