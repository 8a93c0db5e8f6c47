import type { PeerConnection, Track } from 'node-datachannel'
import type { Milliseconds } from '../../domain/units.ts'
import { withCandidates } from './candidates.ts'
import { attempt, guarded, type OnFault } from './guard.ts'
import type { PeerEvents } from './ports.ts'
import { RemoteCandidates } from './remote-candidates.ts'
import { SilenceWatch } from './silence-watch.ts'

/** How long ICE may look for another way once the one in use is lost. */
const RECOVERY: Milliseconds = 10_000
const LONGEST_GATHERING: Milliseconds = 2000

export interface ConnectionParts {
  readonly pc: PeerConnection
  readonly events: PeerEvents
  /** Candidates beside those that are gathered. */
  readonly ownCandidates: readonly string[]
  readonly onFault: OnFault
}

/** A native peer connection on which nothing throws and which tells nothing after its close. */
export class Connection {
  readonly pc: PeerConnection
  /** Held for as long as the peer lives: the finalizer of a track closes it. */
  readonly #tracks: Track[] = []
  readonly #events: PeerEvents
  readonly #ownCandidates: readonly string[]
  readonly #onFault: OnFault
  readonly #onClose: (() => void)[] = []
  readonly #gathered: Promise<void>
  readonly #remoteCandidates: RemoteCandidates
  #closed = false
  #connected = false
  #recovery: NodeJS.Timeout | undefined
  #silence: SilenceWatch | undefined

  constructor({ events, onFault, ownCandidates, pc }: ConnectionParts) {
    this.pc = pc
    this.#events = events
    this.#ownCandidates = ownCandidates
    this.#onFault = onFault
    const use = (candidate: string, mid: string) => void attempt(() => pc.addRemoteCandidate(candidate, mid))
    this.#remoteCandidates = new RemoteCandidates(use)
    pc.onStateChange(this.guarded((state) => this.#later(() => this.#onState(state))))
    this.#gathered = this.#watchGathering()
    pc.onLocalCandidate(this.guarded((candidate, mid) => this.#later(() => this.#tell(candidate, mid))))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** For callbacks of the native side and of timers. */
  guarded<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
    return guarded(callback, this.#onFault)
  }

  hold(track: Track, onMessage: (data: Buffer) => void): void {
    this.#tracks.push(track)
    track.onMessage(
      this.guarded((data) => {
        this.#silence?.heard()
        if (!this.#closed) onMessage(data)
      }),
    )
    track.onError(this.guarded(() => {}))
  }

  /**
   * The transport does not tell when its other end closes: from now on it is taken for lost once nothing has come for
   * `limit`, not counting the time in which `isOwed` says that nothing has to come.
   */
  watchSilence(limit: Milliseconds, isOwed: () => boolean): void {
    if (this.#closed) return
    this.#silence?.stop()
    const onSilence = () => this.giveUp()
    this.#silence = new SilenceWatch({ limit, isOwed, onSilence, onFault: this.#onFault })
  }

  /** Both descriptions are there as soon as the remote one is: what came before is used now. */
  described(mid: string): void {
    this.#remoteCandidates.open()
    for (const candidate of this.#ownCandidates) this.#later(() => this.#tell(candidate, mid))
  }

  /** See `Peer.gathered`. */
  async gathered(): Promise<string> {
    await this.#gathered
    const description = attempt(() => this.pc.localDescription()?.sdp) ?? ''
    return withCandidates(description, this.#ownCandidates)
  }

  /** For who gives candidates before the other side is described. */
  addCandidate(candidate: string, mid: string): void {
    if (!this.#closed) this.#remoteCandidates.add(candidate, mid)
  }

  onClosed(tell: () => void): void {
    this.#onClose.push(tell)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#recovery)
    this.#silence?.stop()
    attempt(() => this.pc.close())
    for (const tell of this.#onClose) this.guarded(tell)()
  }

  /** The other side is taken for lost. */
  giveUp(): void {
    if (!this.#closed) this.#gone('failed')
  }

  #watchGathering(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LONGEST_GATHERING).unref()
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.onClosed(done)
      this.pc.onGatheringStateChange(this.guarded((state) => state === 'complete' && done()))
    })
  }

  #later(tell: () => void): void {
    const unlessClosed = () => {
      if (!this.#closed) tell()
    }
    setImmediate(this.guarded(unlessClosed))
  }

  #tell(candidate: string, mid: string): void {
    // BUNDLE: every candidate is of the first section
    this.#events.onCandidate({ candidate: candidate.replace(/^a=/, ''), mid, index: 0 })
  }

  #onState(state: string): void {
    clearTimeout(this.#recovery)
    if (state === 'failed') this.#gone('failed')
    else if (state === 'closed') this.#gone('closed')
    else if (state === 'disconnected') this.#recovery = setTimeout(() => this.giveUp(), RECOVERY)
    else if (state === 'connected' && !this.#connected) {
      this.#connected = true
      this.#events.onConnected()
    }
  }

  #gone(how: 'failed' | 'closed'): void {
    this.close()
    this.guarded(() => this.#events.onGone(how))()
  }
}
