import type { Socket } from 'node:net'
import { endWithFailure } from './error-response.ts'

/**
 * Ends the connection of a request that the parser could not read, or did not get in time.
 *
 * Browsers open connections that they may need and say nothing on them. What is written there they take for the answer
 * to their next request (RFC 9112, section 9.2), so such a connection ends without a word.
 * @param waits whether an earlier request of it is not answered yet
 */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket, waits: boolean): void {
  socket.on('error', () => socket.destroy())
  const isUnasked = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0
  if (!/^(HPE_|ERR_HTTP_)/.test(error.code ?? '') || waits || isUnasked) {
    socket.destroy()
    return
  }
  endWithFailure(socket, { code: 'BAD_REQUEST', message: `not readable as HTTP (${error.code})` })
}
