import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { canonicalAddress, inCidrs } from '../../domain/address.ts'
import { isEncrypted } from './client-address.ts'

/** Who makes a request, as far as the connection and the headers tell. */
export interface Caller {
  /** Address of the other end of the socket. */
  readonly peer: string
  readonly headers: IncomingHttpHeaders
  /** Whether the client's connection is TLS. */
  readonly encrypted: boolean
  /** Such as `1.1`. */
  readonly httpVersion: string
}

export function callerOf(request: IncomingMessage, trustedProxies: readonly string[]): Caller {
  const { socket, headers, httpVersion } = request
  return { peer: socket.remoteAddress ?? '', headers, encrypted: isEncrypted(request, trustedProxies), httpVersion }
}

/** A header that tells of a proxy between; undefined: there is none. */
export function forwardingHeader({ headers }: Caller): string | undefined {
  return Object.keys(headers).find(
    (name) => name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-'),
  )
}

/** Whether what the proxy tells of its client is to be believed. */
export function isBelievable({ peer, headers }: Caller, trusted: readonly string[]): boolean {
  return inCidrs(canonicalAddress(peer), trusted) && headers['x-forwarded-for'] !== undefined
}

const LOOPBACK = ['127.0.0.0/8', '::1/128']

/** A name that an attacker's DNS can point at this server is none of these: an address, localhost, public-url. */
export function isOwnHost(caller: Caller, publicUrl: string): boolean {
  const host = hostOf(caller)
  if (host.address !== undefined || host.name === 'localhost') return true
  return publicUrl !== '' && host.name === new URL(publicUrl).hostname
}

/**
 * Whether a proxy on this machine, which comes from loopback, gives itself away by nothing but the Host that its client
 * has called, or by HTTP/1.0, which nginx speaks by itself: who calls from here calls localhost, by HTTP/1.1.
 */
export function isQuietProxy(caller: Caller): boolean {
  const { address, name } = hostOf(caller)
  const calledLoopback = name === 'localhost' || inCidrs(address ?? '', LOOPBACK)
  const callsAsClientsDo = calledLoopback && caller.httpVersion !== '1.0'
  return isFromLoopback(caller) && forwardingHeader(caller) === undefined && !callsAsClientsDo
}

/** Whether it is somebody on this machine. */
export function isOnThisMachine(caller: Caller): boolean {
  return isFromLoopback(caller) && forwardingHeader(caller) === undefined && !isQuietProxy(caller)
}

function isFromLoopback({ peer }: Caller): boolean {
  return inCidrs(canonicalAddress(peer), LOOPBACK)
}

function hostOf({ headers }: Caller): { readonly address?: string; readonly name?: string } {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(headers.host?.toLowerCase() ?? '') ?? []
  if (bracketed !== undefined) return ipaddr.IPv6.isValid(bracketed) ? { address: bracketed } : {}
  if (plain === undefined) return {}
  return ipaddr.IPv4.isValidFourPartDecimal(plain) ? { address: plain } : { name: plain }
}

/** What a browser tells of the page that makes it call. */
export function isCrossSite(caller: Caller, publicUrl: string): boolean {
  const { headers } = caller
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const { origin } = headers
  if (origin === undefined || (publicUrl !== '' && origin === publicUrl)) return false
  return origin !== ownOrigin(caller)
}

/** The origin that the client has called; undefined where its Host is none. */
export function ownOrigin({ headers, encrypted }: Caller): string | undefined {
  const own = `${encrypted ? 'https' : 'http'}://${headers.host}`
  return headers.host !== undefined && URL.canParse(own) ? new URL(own).origin : undefined
}

/**
 * Whether a browser calls, so that somebody else's page may have made it: the marks that browsers send, and since they
 * leave out Sec-Fetch-Site over plain HTTP, the name that all of them begin with. Sec-Fetch-Mode is no mark: Node's
 * fetch sends it too.
 */
export function isBrowser({ headers }: Caller): boolean {
  const marks = headers.origin ?? headers.referer ?? headers['sec-fetch-site']
  return marks !== undefined || /^\s*Mozilla\//i.test(headers['user-agent'] ?? '')
}
