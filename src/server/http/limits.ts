import type { ServerOptions } from 'node:http'
import type { Milliseconds } from '../../domain/units.ts'

/** The bounds that Node's HTTP server keeps for us. */
export const SERVER_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  /** How often the three above are looked at. */
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  /** A header that comes twice reads `a, b`, and so passes for neither: not the Host, the Origin or the key. */
  joinDuplicateHeaders: true,
  /** TCP's own probes find peers that vanished. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  /** Fan-out writes are large already. */
  noDelay: true,
} as const satisfies ServerOptions

export const MOST_CONNECTIONS = 10_000
/** No limit but that of the size: Node would leave out the rest, and who calls is judged by headers. */
export const MOST_HEADERS = 0
export const LARGEST_BODY = 64 * 1024
export const LONGEST_PATH_PART = 512
/** How long clients may take to go when the server stops. */
export const STOP_WITHIN: Milliseconds = 2000
