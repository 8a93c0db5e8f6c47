import type { LiveStream } from '../../media/ports.ts'
import type { ViewingPeer } from '../../media/webrtc/ports.ts'
import { Exchange } from './exchange.ts'
import { type Fault, offerReply } from './messages.ts'

/** What browsers cannot be counted on to decode over WebRTC. */
const UNPLAYABLE = /^(?:h\.?265|hevc|hvc1|hev1|av1|av01|vp9|vp09)/i

/** A page that plays: the server offers. */
export class Playing extends Exchange {
  readonly type = 'play'
  #viewer: ViewingPeer | undefined

  protected async prepare(): Promise<Fault | undefined> {
    const obstacle = this.obstacle()
    if (obstacle) return obstacle
    await this.connect(
      (events) => this.context.engine.offerViewer(events),
      (peer) => {
        this.#viewer = peer
        return offerReply(this.streamId, peer.offer, peer.tracks)
      },
    )
    return undefined
  }

  protected takeConfiguration(type: string, sdp: string): void {
    if (type !== 'answer' || this.phase !== 'negotiating' || !this.#viewer) return
    if (this.#viewer.acceptAnswer(sdp)) return
    this.fail({ definition: 'notSetRemoteDescription', information: 'the answer cannot be used' })
  }

  protected obstacle(): Fault | undefined {
    const stream = this.#find()
    if (!stream) return { definition: 'no_stream_exist' }
    const { videoCodec } = stream
    if (videoCodec === null || !UNPLAYABLE.test(videoCodec)) return undefined
    return {
      definition: 'not_initialized_yet',
      information: `${videoCodec} cannot be played over WebRTC; the token is unspent`,
    }
  }

  protected startMedia(): boolean {
    // The stream may have ended while the spend was made durable.
    const stream = this.#find()
    if (!stream || !this.#viewer) return false
    this.#viewer.start(stream, (reason) => this.finish(reason === 'slow' ? 'lost' : reason))
    return true
  }

  protected tooLate(): Fault {
    return { definition: 'not_initialized_yet', information: 'no connection came about; the token is unspent' }
  }

  protected letGo(): void {}

  #find(): LiveStream | undefined {
    const { app, streamId } = this.context.request
    return this.context.hub.find(app, streamId)
  }
}
