import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { canonicalAddress, inCidrs } from '../../domain/address.ts'

/** Where a request comes from, as far as the server can tell. */
export interface Origin {
  /** Address of the other end of the socket. */
  readonly peer: string
  /** `X-Forwarded-For`, all of its lines joined. */
  readonly forwardedFor: string | undefined
}

/**
 * The canonical address of the client: the peer or, behind proxies of `trusted`, the right-most address that they
 * tell of and that is none of them. What stands to the left of it, anybody may have written.
 * @returns null where a trusted proxy names something that is no address
 */
export function forwardedClient({ peer, forwardedFor }: Origin, trusted: readonly string[]): string | null {
  let client = canonicalAddress(peer)
  const hops = forwardedFor?.split(',') ?? []
  while (inCidrs(client, trusted)) {
    const hop = hops.pop()
    if (hop === undefined) return client
    const bare = withoutPort(hop.trim())
    if (!ipaddr.isValid(bare)) return null
    client = canonicalAddress(bare)
  }
  return client
}

/** As {@link forwardedClient}; the peer where a proxy names nothing readable. */
export function clientAddress(origin: Origin, trusted: readonly string[]): string {
  return forwardedClient(origin, trusted) ?? canonicalAddress(origin.peer)
}

/** Some proxies write `203.0.113.7:4711` and `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(hop) ?? []
  return bracketed ?? plain ?? hop
}

/** Whether the client's connection is TLS: to this server, or to a trusted proxy that says so. */
export function isEncrypted({ socket, headers }: IncomingMessage, trusted: readonly string[]): boolean {
  if ('encrypted' in socket) return true
  const byProxy = inCidrs(canonicalAddress(socket.remoteAddress ?? ''), trusted)
  return byProxy && headers['x-forwarded-proto']?.toString().split(',').at(-1)?.trim() === 'https'
}
