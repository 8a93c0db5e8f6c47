import type { LiveStream, Publication } from '../../src/media/ports.ts'
import type {
  AnsweringViewer,
  IceServer,
  OfferingViewer,
  Peer,
  PeerEvents,
  PublishingPeer,
  WebrtcEngine,
} from '../../src/media/webrtc/ports.ts'

export const GOOD_SDP = 'v=0 good'

/** A peer connection that the test connects and breaks. */
export abstract class FakePeer implements Peer {
  readonly events: PeerEvents
  readonly candidates: string[] = []
  closed = false
  started = false

  constructor(events: PeerEvents) {
    this.events = events
  }

  addCandidate(candidate: string): void {
    if (this.closed) throw new Error('a candidate for a closed peer')
    this.candidates.push(candidate)
  }

  async gathered(): Promise<string> {
    return 'v=0 gathered'
  }

  bytes(): number {
    return 7
  }

  close(): void {
    this.closed = true
  }

  protected begin(): void {
    if (this.started || this.closed) throw new Error('start of a peer that has started or is closed')
    this.started = true
  }
}

export class FakePublisher extends FakePeer implements PublishingPeer {
  readonly answer = 'v=0 answer'

  start(publication: Publication): void {
    this.begin()
    publication.push({ kind: 'audio', dts: 0, payload: Buffer.from([0xaf, 1]), config: false, key: false })
  }
}

export class FakeViewer extends FakePeer implements OfferingViewer, AnsweringViewer {
  readonly answer = 'v=0 answer'
  readonly offer = 'v=0 offer'
  readonly tracks = { 0: 'video', 1: 'audio' }
  stream: LiveStream | undefined
  onEnd: ((reason: 'stream-ended' | 'slow') => void) | undefined

  acceptAnswer(sdp: string): boolean {
    return sdp === GOOD_SDP
  }

  start(stream: LiveStream, onEnd: (reason: 'stream-ended' | 'slow') => void): void {
    this.begin()
    this.stream = stream
    this.onEnd = onEnd
  }
}

/** Makes peers that do nothing by themselves; the latest is last. */
export class FakeEngine implements WebrtcEngine {
  readonly publishers: FakePublisher[] = []
  readonly viewers: FakeViewer[] = []
  readonly port = 0
  iceServers: readonly IceServer[] = []

  async answerPublisher(offer: string, events: PeerEvents): Promise<PublishingPeer | undefined> {
    if (offer !== GOOD_SDP) return undefined
    const peer = new FakePublisher(events)
    this.publishers.push(peer)
    peer.events.onCandidate({ candidate: 'ours', mid: '0', index: 0 })
    return peer
  }

  async answerViewer(offer: string, events: PeerEvents): Promise<AnsweringViewer | undefined> {
    return offer === GOOD_SDP ? this.#viewer(events) : undefined
  }

  async offerViewer(events: PeerEvents): Promise<OfferingViewer> {
    return this.#viewer(events)
  }

  #viewer(events: PeerEvents): FakeViewer {
    const peer = new FakeViewer(events)
    this.viewers.push(peer)
    return peer
  }

  get publisher(): FakePublisher {
    return last(this.publishers)
  }

  get viewer(): FakeViewer {
    return last(this.viewers)
  }

  close(): void {
    for (const peer of [...this.publishers, ...this.viewers]) peer.close()
  }
}

function last<T>(list: readonly T[]): T {
  const found = list.at(-1)
  if (found === undefined) throw new Error('no peer was made')
  return found
}
