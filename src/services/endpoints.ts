import type { DaemonOperations, DaemonStatus } from './daemon-operations.ts'
import type { StoreOperations } from './operations.ts'

/** Where clients reach the server, as `host:port` or an HTTP origin; null where that door is not open. */
export interface Endpoints {
  readonly rtmp: string | null
  readonly rtmps: string | null
  readonly http: string | null
  readonly https: string | null
  /** Neither `public-url` nor a running daemon told: these are the default ports of this machine. */
  readonly assumed: boolean
  /** The daemon listens on every address and `public-url` is not set, so only this machine's name for itself is known. */
  readonly everywhere: boolean
}

type Listeners = DaemonStatus['listen']

const DEFAULTS: Listeners = {
  rtmp: { host: 'localhost', port: 1935 },
  rtmps: null,
  http: { host: 'localhost', port: 5080 },
  https: null,
  webrtc: null,
}

export async function findEndpoints(store: StoreOperations, daemon: DaemonOperations | null): Promise<Endpoints> {
  const settings = await store.showSettings()
  const publicUrl = settings.find(({ name }) => name === 'public-url')?.value ?? ''
  return endpointsFrom(publicUrl, daemon === null ? null : (await daemon.status()).listen)
}

/** `public-url` names the host everywhere and stands for the HTTP doors as it is: a proxy may be in front of them. */
export function endpointsFrom(publicUrl: string, listen: Listeners | null): Endpoints {
  const listeners = listen ?? DEFAULTS
  const origin = publicUrl === '' ? null : new URL(publicUrl)
  const at = (door: keyof Listeners): string | null => {
    const listener = listeners[door]
    return listener && `${origin?.hostname ?? reachableHost(listener.host)}:${listener.port}`
  }
  const http = at('http')
  const https = at('https')
  return {
    rtmp: at('rtmp'),
    rtmps: at('rtmps'),
    http: origin ? (origin.protocol === 'http:' ? origin.origin : null) : http && `http://${http}`,
    https: origin?.protocol === 'https:' ? origin.origin : https && `https://${https}`,
    assumed: listen === null && origin === null,
    everywhere: origin === null && [listeners.http, listeners.https].some((door) => door && isWildcard(door.host)),
  }
}

/** A host fit for a URL: the wildcards are this machine, IPv6 literals stand in brackets. */
function reachableHost(host: string): string {
  if (isWildcard(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}
