import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { EndReason } from '../../domain/session.ts'
import type { Milliseconds } from '../../domain/units.ts'
import { cutOff } from './connections.ts'
import { CORS } from './cors.ts'
import { destroyAfter, endWithFailure, type Failure } from './error-response.ts'
import { FINISH_WITHIN, isProperEnd, watchForEnd } from './farewell.ts'
import type { Door } from './playback.ts'

/** A viewer has nothing to say; a larger message closes its connection with 1009. */
const LARGEST_MESSAGE = 4096
/** With more queued than this a ping is not answered: its sender does not read. */
const MOST_QUEUED_FOR_PONG = 64 * 1024
/** How long the close frame may take to the kicked. */
const CUT_AFTER: Milliseconds = 250

const KEY = /^[+/0-9A-Za-z]{22}==$/
const PROTOCOLS = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:,|$)/

const handshaker = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: LARGEST_MESSAGE,
  autoPong: false,
})

/** What is wrong with an opening handshake (RFC 6455, section 4.2.1), so that no token is spent on it. */
export function handshakeFault({ method, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET') return 'a WebSocket is opened with GET'
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return 'Sec-WebSocket-Key is missing or wrong'
  if (!/^(8|13)$/.test(headers['sec-websocket-version'] ?? '')) return 'Sec-WebSocket-Version must be 13'
  const protocols = headers['sec-websocket-protocol']
  return protocols === undefined || PROTOCOLS.test(protocols) ? undefined : 'Sec-WebSocket-Protocol cannot be read'
}

/** The door of an upgrade request that has no {@link handshakeFault}. */
export class WsFlvDoor implements Door {
  readonly format = 'ws-flv'
  readonly socket: Socket
  readonly #request: IncomingMessage
  readonly #stopWatching: () => void
  #webSocket: WebSocket | undefined

  constructor(request: IncomingMessage, socket: Socket) {
    this.socket = socket
    this.#request = request
    // Nothing is due from the client before the answer; reading shows whether it is still there.
    this.#stopWatching = watchForEnd(socket)
    socket.resume()
  }

  accept(): void {
    this.#stopWatching()
    chooseProtocol(this.#request)
    handshaker.handleUpgrade(this.#request, this.socket, Buffer.alloc(0), (webSocket) => this.#attend(webSocket))
  }

  refuse(failure: Failure): void {
    endWithFailure(this.socket, failure, CORS)
  }

  close(reason: EndReason | 'slow'): void {
    const proper = isProperEnd(reason)
    // Behind queued media a close frame would come late, and the media before it.
    if (!this.#webSocket || (!proper && this.socket.writableLength > 0)) {
      cutOff(this.socket)
      return
    }
    this.#webSocket.close(closeCode(reason), reason)
    if (proper) destroyAfter(this.socket, FINISH_WITHIN[reason])
    else destroyAfter(this.socket, CUT_AFTER, cutOff)
  }

  #attend(webSocket: WebSocket): void {
    this.#webSocket = webSocket
    // The library has queued a close frame that names the breach of protocol; nothing follows it.
    webSocket.on('error', () => this.socket.destroySoon())
    webSocket.on('ping', (data) => {
      if (this.socket.writableLength < MOST_QUEUED_FOR_PONG) webSocket.pong(data)
    })
  }
}

/** RFC 6455, section 7.4.1. */
function closeCode(reason: EndReason | 'slow'): number {
  if (reason === 'stream-ended') return 1000
  return reason === 'shutdown' ? 1001 : 1008
}

/** The first protocol offered is the one that the library would take, after judging also those that do not matter. */
function chooseProtocol({ headers }: IncomingMessage): void {
  const first = PROTOCOLS.exec(headers['sec-websocket-protocol'] ?? '')?.[1]
  if (first !== undefined) headers['sec-websocket-protocol'] = first
}
