import type { Publication } from '../../media/ports.ts'
import type { PublishingPeer } from '../../media/webrtc/ports.ts'
import { Exchange, type Leaving } from './exchange.ts'
import { answerReply, errorReply, type Fault, startReply } from './messages.ts'

/** A page that publishes: it offers, after `start`. */
export class Publishing extends Exchange {
  readonly type = 'publish'
  #publication: Publication | undefined
  #publisher: PublishingPeer | undefined
  #started = false

  /** The page has asked again before it offered anything. */
  repeat(): void {
    if (this.phase === 'negotiating') this.context.send(startReply(this.streamId))
  }

  protected prepare(): Fault | undefined {
    const { hub, request, send } = this.context
    this.#publication = hub.claim(request.app, request.streamId)
    if (!this.#publication) return { definition: 'streamIdInUse' }
    send(startReply(this.streamId))
    return undefined
  }

  protected async takeConfiguration(type: string, sdp: string): Promise<void> {
    if (type !== 'offer') return
    if (this.phase !== 'negotiating') {
      const definition = this.phase === 'opening' ? 'not_initialized_yet' : 'already_publishing'
      return this.context.send(errorReply(this.streamId, { definition }))
    }
    const usable = await this.connect(
      (events) => this.context.engine.answerPublisher(sdp, events),
      (peer) => {
        this.#publisher = peer
        return answerReply(this.streamId, peer.answer)
      },
    )
    if (!usable) this.fail({ definition: 'notSetRemoteDescription', information: 'the offer cannot be used' })
  }

  protected obstacle(): Fault | undefined {
    return undefined
  }

  protected startMedia(): boolean {
    if (!this.#publication || !this.#publisher) return false
    this.#started = true
    this.#publication.start({ protocol: 'webrtc', address: this.context.request.address ?? '' })
    this.#publisher.start(this.#publication)
    return true
  }

  protected tooLate(): Fault {
    return { definition: 'publishTimeoutError', information: 'no connection came about; the token is unspent' }
  }

  protected letGo(how: Leaving): void {
    if (!this.#started) this.#publication?.release()
    else if (how === 'lost') this.#publication?.lose()
    else this.#publication?.end()
  }
}
