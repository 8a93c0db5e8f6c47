import { signal } from '@preact/signals'
import type { StreamName } from '../../../services/daemon-operations.ts'
import { childOf, pause } from '../abort.ts'
import type { Words } from '../player/ports.ts'
import { connected, connectPeer, OfferRefused, watchPeer } from '../webrtc.ts'
import { CANNOT_BROADCAST, isPassing, OFFLINE, wordsFor } from '../words.ts'
import type { Capture } from './capture.ts'
import { bytesHeard, type Figures, readFigures } from './figures.ts'
import { Pass, type PassOptions, type Refused } from './pass.ts'
import { canSend, makePeer } from './peer.ts'

export type PublisherState =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'waiting'; readonly words: Words }
  | { readonly kind: 'live'; readonly since: number }
  | { readonly kind: 'over'; readonly words: Words }

const LISTENS_EACH = 500
const MEASURES_EACH = 1000
const CONNECTS_WITHIN = 10_000

/** Sends what is captured by WHIP, and again after a lost connection, until told to stop. */
export class Publisher {
  readonly state = signal<PublisherState>({ kind: 'off' })
  readonly figures = signal<Figures | null>(null)
  readonly #capture: Capture
  readonly #stream: StreamName
  readonly #pass: Pass
  #run = new AbortController()
  #peer: RTCPeerConnection | null = null

  constructor(capture: Capture, options: PassOptions) {
    this.#capture = capture
    this.#stream = options
    this.#pass = new Pass(options)
  }

  start(): void {
    this.#run.abort()
    const run = new AbortController()
    this.#run = run
    if (!canSend()) {
      this.#end(CANNOT_BROADCAST)
      return
    }
    this.state.value = { kind: 'starting' }
    void this.#go(run.signal)
  }

  stop(): void {
    this.#run.abort()
    this.figures.value = null
    this.state.value = { kind: 'off' }
  }

  /** Sends what is captured now in place of what was. */
  async replace(): Promise<void> {
    const tracks = this.#capture.stream.value?.getTracks() ?? []
    for (const { sender, receiver } of this.#peer?.getTransceivers() ?? []) {
      await sender.replaceTrack(tracks.find(({ kind }) => kind === receiver.track.kind) ?? null).catch(() => {})
    }
  }

  async #go(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      const answer = await this.#pass.enter()
      if (signal.aborted) return
      const refusal = answer.ok ? await this.#send(signal) : answer
      if (signal.aborted) return
      if (refusal && !isPassing(refusal.code)) return this.#end(await this.#pass.explain(refusal))
      const words = navigator.onLine ? wordsFor(refusal?.code ?? 'NOT_CONNECTED') : OFFLINE
      this.figures.value = null
      this.state.value = { kind: 'waiting', words }
      await pause((refusal?.retryAfter ?? Math.min(2 ** tries, 8)) * 1000, signal)
    }
  }

  /** Sends until the connection is over. Resolves with why the server refuses; undefined: it was lost. */
  async #send(outer: AbortSignal): Promise<Refused | undefined> {
    const life = childOf(outer)
    const { signal } = life
    const peer = makePeer(this.#capture)
    this.#peer = peer
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
      signal.addEventListener('abort', end)
    })
    try {
      const { app, streamId } = this.#stream
      const query = this.#pass.session === null ? '' : `?session=${encodeURIComponent(this.#pass.session)}`
      await connectPeer(peer, `/${app}/whip/${encodeURIComponent(streamId)}${query}`, signal)
      watchPeer(peer, end)
      await Promise.race([connected(peer), over, pause(CONNECTS_WITHIN, signal)])
      if (peer.connectionState !== 'connected') return undefined
      this.state.value = { kind: 'live', since: Date.now() }
      const timer = setInterval(() => void this.#measure(peer), MEASURES_EACH)
      signal.addEventListener('abort', () => clearInterval(timer))
      return await Promise.race([over.then(() => undefined), this.#listen(peer, signal)])
    } catch (error) {
      if (!(error instanceof OfferRefused)) return undefined
      return { ok: false, code: error.code, message: error.message, retryAfter: null }
    } finally {
      life.abort()
      this.#peer = null
    }
  }

  /** Resolves with why, when the server has fallen silent because it takes no more. */
  async #listen(peer: RTCPeerConnection, signal: AbortSignal): Promise<Refused | undefined> {
    for (let heard = -1; !signal.aborted; ) {
      await pause(LISTENS_EACH, signal)
      const now = await bytesHeard(peer)
      const answer = now === heard ? await this.#pass.ask() : null
      if (answer && !answer.ok && !isPassing(answer.code)) return answer
      heard = now
    }
    return undefined
  }

  async #measure(peer: RTCPeerConnection): Promise<void> {
    this.figures.value = await readFigures(peer, this.figures.value)
  }

  #end(words: Words): void {
    this.#run.abort()
    this.figures.value = null
    this.state.value = { kind: 'over', words }
  }
}
