import type { IncomingMessage, Server } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'

const UPGRADE_HEADERS = new Set(['upgrade', 'http2-settings'])

export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Serves a request as if it had not offered to change to another protocol, as RFC 9110, section 7.8 lets a server do.
 * Java's HttpClient offers `h2c` with every plain request. The connection is handed to the server once more,
 * beginning with the same request less its offer.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(requestHead(request), 'latin1'), head]))
  server.emit(server instanceof https.Server ? 'secureConnection' : 'connection', socket)
}

function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) text += `${name}: ${value}\r\n`
  }
  return `${text}\r\n`
}
