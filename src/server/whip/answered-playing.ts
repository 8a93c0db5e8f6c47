import type { Failure } from '../http/error-response.ts'
import type { ExchangeContext } from '../webrtc/exchange.ts'
import { Playing } from '../webrtc/playing.ts'
import { unusableOffer } from '../webrtc/publishing.ts'

/** A client that plays by an offer of its own. */
export class AnsweredPlaying extends Playing {
  readonly #offer: string

  constructor(context: ExchangeContext, offer: string) {
    super(context)
    this.#offer = offer
  }

  protected async negotiate(): Promise<Failure | undefined> {
    const { door, engine } = this.context
    const usable = await this.connect(
      (events) => engine.answerViewer(this.#offer, events),
      (peer) => {
        this.viewer = peer
        door.answer(peer)
      },
    )
    return usable ? undefined : unusableOffer(this.#offer, 'H.264 (packetization-mode=1) or Opus to receive')
  }

  protected takeConfiguration(): void {}
}
