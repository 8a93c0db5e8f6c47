import { childOf } from './abort.ts'

const GATHER_WITHIN = 400
const ANSWER_WITHIN = 12_000

export class OfferRefused extends Error {
  override readonly name = 'OfferRefused'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Connects `peer` by one POST, as WHIP (RFC 9725) and WHEP do. When `signal` aborts, the session is given up and `peer`
 * closed. OfferRefused tells why the server does not want.
 */
export async function connectPeer(peer: RTCPeerConnection, url: string, signal: AbortSignal): Promise<void> {
  signal.addEventListener('abort', () => peer.close())
  await peer.setLocalDescription(await peer.createOffer())
  await gathered(peer)
  const request = childOf(signal)
  const timer = setTimeout(() => request.abort(), ANSWER_WITHIN)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
    signal: request.signal,
  }).finally(() => clearTimeout(timer))
  if (!response.ok) throw await refusalOf(response)
  const resource = response.headers.get('location')
  if (resource) signal.addEventListener('abort', () => leave(resource))
  const sdp = await response.text()
  if (!signal.aborted) await peer.setRemoteDescription({ type: 'answer', sdp })
}

export function connected(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (peer.connectionState === 'connected') resolve()
    }
    peer.addEventListener('connectionstatechange', look)
    look()
  })
}

/** Calls `onEnd` when the connection is over, by whichever layer notices first. */
export function watchPeer(peer: RTCPeerConnection, onEnd: () => void): void {
  peer.addEventListener('connectionstatechange', () => {
    if (['failed', 'closed', 'disconnected'].includes(peer.connectionState)) onEnd()
  })
  const { transport } = [...peer.getReceivers(), ...peer.getSenders()].find((one) => one.transport) ?? {}
  transport?.addEventListener('statechange', () => {
    if (transport.state === 'closed' || transport.state === 'failed') onEnd()
  })
}

/** Resolves when all candidates are known, or enough time has passed: the server finds the rest by itself. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_WITHIN)
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState !== 'complete') return
      clearTimeout(timer)
      resolve()
    })
  })
}

async function refusalOf(response: Response): Promise<OfferRefused> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } }
  return new OfferRefused(error?.code ?? `HTTP_${response.status}`, error?.message ?? '')
}

function leave(resource: string): void {
  fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => {})
}
