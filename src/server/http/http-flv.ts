import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { EndReason } from '../../domain/session.ts'
import { cutOff } from './connections.ts'
import { CORS } from './cors.ts'
import { destroyAfter, type Failure, sendFailure } from './error-response.ts'
import { FINISH_WITHIN, isProperEnd, watchForEnd } from './farewell.ts'
import type { Door } from './playback.ts'

/** Neither length nor chunks: the body lasts as long as the stream, and the hub's Buffers go out as they are. */
const HEAD = [
  'HTTP/1.1 200 OK',
  'Content-Type: video/x-flv',
  'Cache-Control: no-store',
  ...Object.entries(CORS).map(([name, value]) => `${name}: ${value}`),
  'Connection: close',
  '\r\n',
].join('\r\n')

/** The door of a plain HTTP request, which is the one to be answered next on its connection. */
export class HttpFlvDoor implements Door {
  readonly format = 'flv'
  readonly socket: Socket
  readonly #response: ServerResponse

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response
    this.socket = socket
  }

  /** The response is never finished, so nothing that the client sends after its request is ever answered. */
  accept(): void {
    watchForEnd(this.socket)
    this.socket.write(HEAD)
  }

  refuse(failure: Failure): void {
    if (!this.socket.destroyed) sendFailure(this.#response, failure, CORS)
  }

  close(reason: EndReason | 'slow'): void {
    if (!isProperEnd(reason)) {
      cutOff(this.socket)
      return
    }
    this.socket.end()
    destroyAfter(this.socket, FINISH_WITHIN[reason])
  }
}
