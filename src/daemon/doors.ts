import { AmsctlError } from '../domain/errors.ts'
import type { HlsLibrary } from '../media/hls/ports.ts'
import type { Hub } from '../media/hub.ts'
import type { Inspections } from '../media/inspection.ts'
import type { LiveStream } from '../media/ports.ts'
import type { VodLibrary } from '../media/recording/ports.ts'
import type { WebrtcEngine } from '../media/webrtc/ports.ts'
import { createHttpServer, type HttpServer } from '../server/http/server.ts'
import { sessionRoute } from '../server/http/session-route.ts'
import { pageRoutes } from '../server/pages/routes.ts'
import { restRoutes } from '../server/rest/routes.ts'
import { createRtmpServer, type RtmpServer } from '../server/rtmp/server.ts'
import { HalfOpen } from '../server/webrtc/half-open.ts'
import { createSignalling, type Signalling } from '../server/webrtc/server.ts'
import { createWhip, type Whip } from '../server/whip/routes.ts'
import { type Actor, administer, type Services } from '../services/administration.ts'
import type { DaemonStatus, Listener } from '../services/daemon-operations.ts'
import type { Refusals } from '../services/refusals.ts'
import { guardApiKeys } from './api-key-guard.ts'
import type { DaemonOptions } from './daemon.ts'
import type { Panel } from './panel.ts'
import type { TlsMaterial } from './tls.ts'
import { WEB_ROOT } from './web-root.ts'

/** Everything that strangers can connect to. */
export interface Doors {
  readonly listen: DaemonStatus['listen']
  setTls(tls: TlsMaterial): void
  /** The doors are about to close: HTTP serves nobody new, and nobody waits for media any more. */
  drain(): void
  close(): Promise<void>
}

export interface DoorOptions extends Omit<DaemonOptions, 'tls' | 'webrtc' | 'panel'> {
  readonly services: Services & { readonly refusals: Refusals }
  readonly hub: Hub
  readonly inspections: Inspections
  readonly hls: HlsLibrary
  readonly library: VodLibrary
  readonly tls: TlsMaterial | null
  /** Undefined: WebRTC cannot run here. */
  readonly webrtc: WebrtcEngine | undefined
  readonly panel: Panel
}

/** Opens every door, or none: PORT_TAKEN names the flag that moves it. */
export async function openDoors(options: DoorOptions): Promise<Doors> {
  const { host, tls } = options
  const rtmp = rtmpServer(options, null)
  const halfOpen = new HalfOpen()
  const signalling = signallingOf(options, halfOpen)
  const whip = whipOf(options, halfOpen)
  const http = httpServer(options, null, { signalling, whip })
  const rtmps = tls && rtmpServer(options, tls)
  const https = tls && httpServer(options, tls, { signalling, whip })
  const close = async () => {
    options.panel.close()
    signalling?.close()
    whip.close()
    await Promise.all([rtmp, http, rtmps, https].map((server) => server?.close()))
  }
  try {
    const listen = {
      rtmp: await open('--rtmp-port', () => rtmp.start(host, options.rtmpPort)),
      rtmps: rtmps && (await open('--rtmps-port', () => rtmps.start(host, options.rtmpsPort))),
      http: await open('--http-port', () => http.start({ host, port: options.httpPort })),
      https: https && (await open('--https-port', () => https.start({ host, port: options.httpsPort }))),
      webrtc: options.webrtc ? { host, port: options.webrtc.port } : null,
    }
    const setTls = (material: TlsMaterial) => {
      rtmps?.setTls(material)
      https?.setTls(material)
    }
    const drain = () => {
      options.panel.close()
      http.drain()
      https?.drain()
    }
    return { listen, setTls, drain, close }
  } catch (error) {
    await close()
    throw error
  }
}

function rtmpServer({ services, hub, apps, log }: DoorOptions, tls: TlsMaterial | null): RtmpServer {
  const protocol = tls ? 'rtmps' : 'rtmp'
  return createRtmpServer({ access: services.gate, hub, apps, protocol, log, ...(tls && { tls }) })
}

function signallingOf(options: DoorOptions, halfOpen: HalfOpen): Signalling | undefined {
  const { services, hub, inspections, apps, log, webrtc } = options
  const settings = () => services.settings.values
  const factsOf = (stream: LiveStream) => inspections.of(stream)
  const access = services.gate
  return webrtc && createSignalling({ access, hub, engine: webrtc, apps, settings, log, factsOf, halfOpen })
}

function whipOf({ services, hub, apps, log, webrtc }: DoorOptions, halfOpen: HalfOpen): Whip {
  const settings = () => services.settings.values
  return createWhip({ access: services.gate, hub, engine: webrtc, apps, settings, log, halfOpen })
}

interface WebrtcDoors {
  readonly signalling: Signalling | undefined
  readonly whip: Whip
}

function httpServer(
  { services, hub, hls, library, apps, panel, log }: DoorOptions,
  tls: TlsMaterial | null,
  { signalling, whip }: WebrtcDoors,
): HttpServer {
  const settings = () => services.settings.values
  const authenticateApiKey = guardApiKeys(services, services.refusals)
  const operations = (actor: Actor) => administer(services, actor)
  const rest = restRoutes({ apps, settings, operations, authenticateApiKey, logins: panel.logins })
  const pages = pageRoutes({ apps, settings, webRoot: WEB_ROOT })
  const routes = [
    rest,
    pages,
    sessionRoute({ access: services.gate, apps, settings, hub }),
    whip.routes,
    ...panel.routes,
  ]
  return createHttpServer({
    access: services.gate,
    hub,
    hls,
    vod: library,
    apps,
    settings,
    log,
    routes,
    ...(signalling && { signalling }),
    ...(tls && { tls }),
  })
}

async function open(flag: string, start: () => Promise<Listener>): Promise<Listener> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof AmsctlError) || error.code !== 'PORT_TAKEN') throw error
    throw new AmsctlError('PORT_TAKEN', `${error.message}; choose another with ${flag}`, { cause: error })
  }
}
