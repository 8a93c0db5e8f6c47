import { AmsctlError } from '../../domain/errors.ts'
import { parseApp, parseStreamId } from '../../domain/stream-id.ts'
import type { TokenView } from '../../domain/token.ts'
import type { DaemonOperations, StreamName } from '../../services/daemon-operations.ts'
import { endpointsFrom } from '../../services/endpoints.ts'
import type { Login } from '../../services/logins.ts'
import type { MintOrder } from '../../services/operations.ts'
import { shareLink, type WaysIn, waysIn } from '../../services/urls.ts'
import { LONGEST_PREVIEW, PREVIEW_TIME, previewsOf } from './previews.ts'

/** The page that calls. */
export interface PanelCaller {
  /** Where the browser finds this server: `public-url`, or the origin that it has called. */
  readonly publicUrl: string
  readonly now: () => number
  readonly login: Login
}

/** A minted token, with all that can be handed out of it. */
export interface MintedToken extends TokenView {
  readonly urls: WaysIn
  /** The page to send to a person; null for globs. */
  readonly link: string | null
}

/** Mints as the command line does: a moment that has passed is a mistake. */
export async function mintWithUrls(
  operations: DaemonOperations,
  order: MintOrder,
  { publicUrl, now }: PanelCaller,
): Promise<MintedToken[]> {
  const { expireDate } = order
  if (typeof expireDate === 'number' && expireDate <= now()) {
    throw new AmsctlError('BAD_VALUE', 'expireDate has passed; it is in unix seconds')
  }
  const tokens = await operations.createTokens(order)
  const endpoints = endpointsFrom(publicUrl, (await operations.status()).listen)
  return tokens.map((token) => ({ ...token, urls: waysIn(token, endpoints), link: shareLink(token, endpoints) }))
}

/** What plays a live stream once, soon, while the login lasts; null where no token is needed. STREAM_NOT_LIVE. */
export async function previewStream(
  operations: DaemonOperations,
  { app, streamId }: StreamName,
  { now, login }: PanelCaller,
): Promise<{ readonly token: string | null }> {
  const stream = { app: parseApp(app), streamId: parseStreamId(streamId) }
  const live = await operations.listStreams()
  if (!live.some((known) => known.app === app && known.streamId === streamId)) {
    throw new AmsctlError('STREAM_NOT_LIVE', `${app}/${streamId} is not live`)
  }
  if (!(await operations.status()).tokenControl.play) return { token: null }
  const previews = previewsOf(login, operations)
  previews.count(now())
  const limits = { expireDate: now() + PREVIEW_TIME, maxSession: LONGEST_PREVIEW }
  const [minted] = await operations.createTokens({ ...stream, type: 'play', ...limits, note: 'panel preview' })
  if (minted) await previews.note(minted.id)
  return { token: minted?.tokenId ?? null }
}
