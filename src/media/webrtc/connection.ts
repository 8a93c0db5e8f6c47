import type { PeerConnection, Track } from 'node-datachannel'
import { MOST_CANDIDATES, usableCandidate } from './candidates.ts'
import { attempt, guarded } from './guard.ts'
import type { PeerEvents } from './ports.ts'

/** How long ICE may look for another way once the one in use is lost. */
const RECOVERY_MS = 10_000

export interface ConnectionParts {
  readonly pc: PeerConnection
  readonly events: PeerEvents
  /** Candidates beside those that are gathered. */
  readonly ownCandidates: readonly string[]
}

/** A native peer connection on which nothing throws and which tells nothing after its close. */
export class Connection {
  readonly pc: PeerConnection
  /** Held for as long as the peer lives: the finalizer of a track closes it. */
  readonly #tracks: Track[] = []
  readonly #events: PeerEvents
  readonly #ownCandidates: readonly string[]
  readonly #onClose: (() => void)[] = []
  #queued: { candidate: string; mid: string }[] | undefined = []
  #candidates = 0
  #closed = false
  #connected = false
  #recovery: NodeJS.Timeout | undefined

  constructor({ events, ownCandidates, pc }: ConnectionParts) {
    this.pc = pc
    this.#events = events
    this.#ownCandidates = ownCandidates
    pc.onStateChange(guarded((state) => this.#later(() => this.#onState(state))))
    pc.onLocalCandidate(guarded((candidate, mid) => this.#later(() => this.#tell(candidate, mid))))
  }

  get closed(): boolean {
    return this.#closed
  }

  hold(track: Track, onMessage: (data: Buffer) => void): void {
    this.#tracks.push(track)
    track.onMessage(
      guarded((data) => {
        if (!this.#closed) onMessage(data)
      }),
    )
    track.onError(guarded(() => {}))
  }

  /** Both descriptions are there as soon as the remote one is: what came before is used now. */
  described(mid: string): void {
    const queued = this.#queued ?? []
    this.#queued = undefined
    for (const each of queued) this.#use(each.candidate, each.mid)
    for (const candidate of this.#ownCandidates) this.#later(() => this.#tell(candidate, mid))
  }

  /** For who gives candidates before the other side is described. */
  addCandidate(candidate: string, mid: string): void {
    if (this.#closed || !usableCandidate(candidate) || this.#candidates >= MOST_CANDIDATES) return
    this.#candidates += 1
    if (this.#queued === undefined) this.#use(candidate, mid)
    else this.#queued.push({ candidate, mid })
  }

  onClosed(tell: () => void): void {
    this.#onClose.push(tell)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#recovery)
    attempt(() => this.pc.close())
    for (const tell of this.#onClose) tell()
  }

  /** The other side is taken for lost. */
  giveUp(): void {
    if (!this.#closed) this.#gone('failed')
  }

  #use(candidate: string, mid: string): void {
    attempt(() => this.pc.addRemoteCandidate(candidate, mid))
  }

  #later(tell: () => void): void {
    setImmediate(() => {
      if (!this.#closed) tell()
    })
  }

  #tell(candidate: string, mid: string): void {
    // BUNDLE: every candidate is of the first section
    this.#events.onCandidate({ candidate: candidate.replace(/^a=/, ''), mid, index: 0 })
  }

  #onState(state: string): void {
    clearTimeout(this.#recovery)
    if (state === 'failed') this.#gone('failed')
    else if (state === 'closed') this.#gone('closed')
    else if (state === 'disconnected') this.#recovery = setTimeout(() => this.#gone('failed'), RECOVERY_MS)
    else if (state === 'connected' && !this.#connected) {
      this.#connected = true
      this.#events.onConnected()
    }
  }

  #gone(how: 'failed' | 'closed'): void {
    this.close()
    this.#events.onGone(how)
  }
}
