import type { Publication } from '../../media/ports.ts'
import type { PublishingPeer } from '../../media/webrtc/ports.ts'
import { offersMedia } from '../../media/webrtc/sdp.ts'
import type { Failure } from '../http/error-response.ts'
import { STOPPING } from '../http/playback.ts'
import { Exchange, type Leaving } from './exchange.ts'

const BUSY: Failure = {
  code: 'STREAM_BUSY',
  message: 'somebody else is publishing under that name; the token is unspent',
}

/** A client that publishes: it offers, once it is ready to be taken. */
export class Publishing extends Exchange {
  readonly type = 'publish'
  #publication: Publication | undefined
  #publisher: PublishingPeer | undefined
  #started = false

  /** The client has asked again before it offered anything. */
  repeat(): void {
    if (this.phase === 'negotiating') this.context.door.ready()
  }

  protected prepare(): Failure | undefined {
    const { hub, request, door } = this.context
    this.#publication = hub.claim(request.app, request.streamId)
    if (!this.#publication) return BUSY
    door.ready()
    return undefined
  }

  protected async takeConfiguration(type: string, sdp: string): Promise<void> {
    if (type !== 'offer') return
    const { door, engine } = this.context
    if (this.phase !== 'negotiating') return door.untimely(this.phase)
    const usable = await this.connect(
      (events) => engine.answerPublisher(sdp, events),
      (peer) => {
        this.#publisher = peer
        door.answer(peer)
      },
    )
    if (!usable) this.fail(unusableOffer(sdp, 'H.264 (packetization-mode=1) or Opus, with its SSRC'))
  }

  protected obstacle(): Failure | undefined {
    return this.#publication?.over ? STOPPING : undefined
  }

  protected startMedia(): boolean {
    if (!this.#publication || this.#publication.over || !this.#publisher) return false
    this.#started = true
    this.#publication.start({ protocol: 'webrtc', address: this.context.request.address ?? '' })
    this.#publisher.start(this.#publication)
    return true
  }

  protected letGo(how: Leaving): void {
    if (!this.#started) this.#publication?.release()
    else if (how === 'lost') this.#publication?.lose()
    else this.#publication?.end()
  }
}

/** Why no peer could be made of an offer. */
export function unusableOffer(sdp: string, needed: string): Failure {
  if (!offersMedia(sdp)) {
    return { code: 'BAD_REQUEST', message: 'the offer cannot be used: it is no SDP that offers media' }
  }
  return {
    code: 'CODEC_UNSUPPORTED',
    message: `the offer cannot be used: it must have ${needed}; the token is unspent`,
  }
}
