import type { Candidate, Peer, PeerEvents } from '../../media/webrtc/ports.ts'
import { HeldEvents } from './held-events.ts'
import { MOST_EARLY_CANDIDATES } from './limits.ts'

interface Making<P extends Peer> {
  make(events: PeerEvents): Promise<P | undefined>
  /** Tells the client of the peer, before anything that the peer tells goes to `target`. */
  adopt(peer: P): void
  readonly target: PeerEvents
}

/** The peer of an exchange, and what waits for it. */
export class PeerSlot {
  #peer: Peer | undefined
  #events: HeldEvents | undefined
  #early: Pick<Candidate, 'candidate' | 'mid'>[] = []

  /** Whether a peer is there, or being made. */
  get isTaken(): boolean {
    return this.#events !== undefined
  }

  bytes(): number {
    return this.#peer?.bytes() ?? 0
  }

  addCandidate(candidate: string, mid: string): void {
    if (this.#peer) this.#peer.addCandidate(candidate, mid)
    else if (this.#early.length < MOST_EARLY_CANDIDATES) this.#early.push({ candidate, mid })
  }

  /**
   * Makes a peer in place of a former one; candidates wait for it. False: none could be made. One that nobody wants any
   * more by then is closed.
   */
  async connect<P extends Peer>({ make, adopt, target }: Making<P>): Promise<boolean> {
    this.drop()
    this.#peer = undefined
    const events = new HeldEvents()
    this.#events = events
    const peer = await make(events)
    if (this.#events !== events) {
      peer?.close()
      return true
    }
    if (!peer) return false
    this.#peer = peer
    adopt(peer)
    for (const { candidate, mid } of this.#early.splice(0)) peer.addCandidate(candidate, mid)
    events.open(target)
    return true
  }

  /** Closes the peer, or the one that is being made; nothing is heard of it any more. */
  drop(): void {
    this.#events?.drop()
    this.#events = undefined
    this.#peer?.close()
  }
}
