import { childOf } from './abort.ts'
import { fragmentOf, iceServersOf } from './ice.ts'

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
  const offer = await peer.createOffer()
  const response = await post(url, offer.sdp ?? '', signal)
  if (!response.ok) throw await refusalOf(response)
  const resource = response.headers.get('location')
  if (resource) signal.addEventListener('abort', () => leave(resource))
  const sdp = await response.text()
  if (signal.aborted) return
  // The answer names the servers to find candidates with, so they are gathered now and follow one by one.
  peer.setConfiguration({ ...peer.getConfiguration(), iceServers: iceServersOf(response.headers.get('link')) })
  if (resource) trickle(peer, resource, offer.sdp ?? '')
  await peer.setLocalDescription(offer)
  await peer.setRemoteDescription({ type: 'answer', sdp })
}

function post(url: string, body: string, signal: AbortSignal): Promise<Response> {
  const request = childOf(signal)
  const timer = setTimeout(() => request.abort(), ANSWER_WITHIN)
  const headers = { 'Content-Type': 'application/sdp' }
  return fetch(url, { method: 'POST', headers, body, signal: request.signal }).finally(() => clearTimeout(timer))
}

function trickle(peer: RTCPeerConnection, resource: string, offer: string): void {
  peer.addEventListener('icecandidate', ({ candidate: found }) => {
    if (found?.candidate === '') return
    const candidate = found && { candidate: found.candidate, mid: found.sdpMid ?? '0' }
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag' }
    // The server learns of one that is lost when it is connected from.
    fetch(resource, { method: 'PATCH', headers, body: fragmentOf(offer, candidate) }).catch(() => {})
  })
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

async function refusalOf(response: Response): Promise<OfferRefused> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } }
  return new OfferRefused(error?.code ?? `HTTP_${response.status}`, error?.message ?? '')
}

function leave(resource: string): void {
  fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => {})
}
