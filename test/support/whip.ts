import { onTestFinished } from 'vitest'
import type { TokenType } from '../../src/domain/token.ts'
import { RtpIngest } from '../../src/media/rtp/ingest.ts'
import { createWebrtcEngine, type EngineOptions } from '../../src/media/webrtc/engine.ts'
import { AUDIO, VIDEO } from '../../src/media/webrtc/outlet.ts'
import { Outlets } from '../../src/media/webrtc/outlets.ts'
import type { WebrtcEngine } from '../../src/media/webrtc/ports.ts'
import type { WhipLimits } from '../../src/server/whip/limits.ts'
import { createWhip } from '../../src/server/whip/routes.ts'
import { aHttpHouse, type HttpHouse, type HttpHouseOptions } from './http-house.ts'
import type { RefusedKind } from './refused-tokens.ts'
import { RtcPublisher, RtcViewer } from './rtc-peer.ts'
import { NOW } from './tokens.ts'

export const SDP = 'application/sdp'

export interface WhipHouseOptions extends Pick<HttpHouseOptions, 'between' | 'log'> {
  readonly limits?: Partial<WhipLimits>
  /** A real one by default; null: none. */
  readonly engine?: WebrtcEngine | null
  readonly engineOptions?: Partial<EngineOptions>
}

/** WHIP and WHEP behind an HTTP server, over the real gate, store, hub and peers. */
export async function aWhipHouse({ limits = {}, engine, engineOptions, ...more }: WhipHouseOptions = {}) {
  const served = engine === undefined ? await anEngine(engineOptions) : (engine ?? undefined)
  const house = await aHttpHouse({
    ...more,
    whip: (parts) => createWhip({ ...parts, engine: served, apps: ['LiveApp', 'Other'], limits }),
  })
  return { ...house, ...clientOf(house) }
}

async function anEngine(options: Partial<EngineOptions> = {}): Promise<WebrtcEngine> {
  const outlets = new Outlets()
  const engine = await createWebrtcEngine(
    { port: 0, bindAddress: '127.0.0.1', iceServers: [], ...options },
    {
      makeIngest: (parts) => new RtpIngest(parts),
      viewers: { video: VIDEO, audio: AUDIO, of: (stream) => outlets.of(stream) },
    },
  )
  onTestFinished(() => engine.close())
  return engine
}

function clientOf(house: HttpHouse) {
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${house.url}${path}`, { method: 'POST', headers: { 'content-type': SDP, ...headers }, body })
  const locate = (answer: Response): string => `${house.url}${answer.headers.get('location')}`
  /** Publishes `cam` and sends media; the peer and the address of its session. */
  const publish = async (token: string, publisher = new RtcPublisher()) => {
    const answer = await post(`/LiveApp/whip/cam?token=${token}`, await publisher.offer())
    publisher.accept(await sdpOf(answer))
    await publisher.connected()
    publisher.stream()
    return { publisher, session: locate(answer), answer }
  }
  const play = async (token: string, viewer = new RtcViewer()) => {
    const answer = await post(`/LiveApp/whep/cam?token=${token}`, await viewer.offer())
    viewer.accept(await sdpOf(answer))
    await viewer.connected()
    return { viewer, session: locate(answer), answer }
  }
  const state = async (type: TokenType) => (await house.operations.listTokens({ type }))[0]?.state
  return { post, locate, publish, play, state }
}

/** The answer; an error where there is none. */
export async function sdpOf(answer: Response): Promise<string> {
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(`${answer.status} ${text}`)
  return text
}

/** The code of a refusal. */
export async function codeOf(answer: Response): Promise<string> {
  const body = (await answer.json()) as { error: { code: string } }
  return `${answer.status} ${body.error.code}`
}

/** A token of a kind that does not open the stream `cam`; undefined: none. */
export async function refusedSecret(house: HttpHouse, kind: RefusedKind, type: TokenType): Promise<string | undefined> {
  if (kind === 'no') return undefined
  if (kind === 'a wrong') return 'wrongwrongwrongwrongwrongwrong12'
  if (kind === 'an other-type') return house.mint({ type: type === 'play' ? 'publish' : 'play' })
  if (kind === 'an other-stream') return house.mint({ type, streamId: 'cam_720p' })
  if (kind === 'an expired') return house.mint({ type, expireDate: NOW - 1 })
  const token = await house.mint({ type })
  if (kind === 'a revoked') await house.operations.revokeTokens({ refs: [token] })
  else await house.operations.redeemToken({ app: 'LiveApp', streamId: 'cam', type, token, ip: null })
  return token
}
