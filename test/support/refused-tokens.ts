import type { ServedDaemon } from './amsctl.ts'
import { mintOverRest } from './rest.ts'

export const REFUSED_KINDS = [
  'no',
  'a wrong',
  'an other-type',
  'an other-stream',
  'an expired',
  'a revoked',
  'an already used',
] as const

export type RefusedKind = (typeof REFUSED_KINDS)[number]

/** A token of the given kind, none of which opens the stream `cam`. */
export async function refusedToken(
  daemon: ServedDaemon,
  kind: RefusedKind,
  type: 'publish' | 'play',
): Promise<string | undefined> {
  if (kind === 'no') return undefined
  if (kind === 'a wrong') return 'wrongwrongwrongwrongwrongwrong12'
  if (kind === 'an other-type') return daemon.mint('cam', type === 'play' ? 'publish' : 'play')
  if (kind === 'an other-stream') return daemon.mint('cam_720p', type)
  if (kind === 'an expired') return mintOverRest(daemon, type, 123_232)
  const token = await daemon.mint('cam', type)
  if (kind === 'a revoked') await daemon.ask((operations) => operations.revokeTokens({ refs: [token] }))
  else
    await daemon.ask((operations) => operations.redeemToken({ app: 'LiveApp', streamId: 'cam', type, token, ip: null }))
  return token
}
