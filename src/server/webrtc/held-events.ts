import type { Candidate, PeerEvents } from '../../media/webrtc/ports.ts'

/** Keeps what a peer tells until the other side has its description, and drops what a replaced peer tells. */
export class HeldEvents implements PeerEvents {
  #held: Array<(target: PeerEvents) => void> = []
  #target: PeerEvents | undefined
  #dropped = false

  onCandidate(candidate: Candidate): void {
    this.#tell((target) => target.onCandidate(candidate))
  }

  onConnected(): void {
    this.#tell((target) => target.onConnected())
  }

  onGone(how: 'failed' | 'closed'): void {
    this.#tell((target) => target.onGone(how))
  }

  open(target: PeerEvents): void {
    this.#target = target
    const held = this.#held
    this.#held = []
    for (const tell of held) this.#tell(tell)
  }

  drop(): void {
    this.#dropped = true
    this.#held = []
  }

  #tell(event: (target: PeerEvents) => void): void {
    if (this.#dropped) return
    if (this.#target) event(this.#target)
    else this.#held.push(event)
  }
}
