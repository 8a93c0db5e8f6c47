import type { LiveStream, Publication } from '../ports.ts'

/** An ICE candidate as signalling carries it; `mid` and `index` name the media section that it is of. */
export interface Candidate {
  readonly candidate: string
  readonly mid: string
  readonly index: number
}

/** What a peer tells. None of them is called from within a call to the peer, nor after {@link Peer.close}. */
export interface PeerEvents {
  onCandidate(candidate: Candidate): void
  /** ICE and DTLS are through: the time to spend. Called at most once. */
  onConnected(): void
  /** The other side is gone, or could not be reached. Called at most once; the peer is closed. */
  onGone(how: 'failed' | 'closed'): void
}

/** One peer connection. Nothing on it throws, whatever comes from the other side and in whatever state. */
export interface Peer {
  /** Candidates may come before the description, and may be anything; what cannot be used is dropped. */
  addCandidate(candidate: string, mid: string): void
  /** Our description with all of our candidates, as soon as they are gathered; without what takes longer than 2 s. */
  gathered(): Promise<string>
  /** Bytes of media delivered or received. */
  bytes(): number
  /** Idempotent. */
  close(): void
}

export interface PublishingPeer extends Peer {
  /** The answer to the offer. */
  readonly answer: string
  /** Media is taken from now on; what came before was dropped. */
  start(publication: Publication): void
}

export interface ViewingPeer extends Peer {
  /** Media is sent from now on, until close or the end of the stream. Called at most once. */
  start(stream: LiveStream, onEnd: (reason: 'stream-ended' | 'slow') => void): void
}

export interface OfferingViewer extends ViewingPeer {
  readonly offer: string
  /** What the page may call each media section: mid → label. */
  readonly tracks: Readonly<Record<string, string>>
  /** False: a description that cannot be used. */
  acceptAnswer(sdp: string): boolean
}

export interface AnsweringViewer extends ViewingPeer {
  /** The answer to the offer. */
  readonly answer: string
}

/** Makes peer connections; all of them share one UDP port. */
export interface WebrtcEngine {
  /** Undefined: an offer that cannot be used. TOO_MANY_CONNECTIONS. */
  answerPublisher(offer: string, events: PeerEvents): Promise<PublishingPeer | undefined>
  /** TOO_MANY_CONNECTIONS. */
  offerViewer(events: PeerEvents): Promise<OfferingViewer>
  /** Undefined: an offer that cannot be used. TOO_MANY_CONNECTIONS. */
  answerViewer(offer: string, events: PeerEvents): Promise<AnsweringViewer | undefined>
  readonly iceServers: readonly IceServer[]
  /** The UDP port of all peers. */
  readonly port: number
  /** Closes every peer; idempotent. */
  close(): void
}

/** What clients are told to reach us by: `stun:…` or `turn:…` addresses, with credentials for the latter. */
export interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}
