import type { LiveStream } from '../../media/ports.ts'
import type { OfferingViewer, ViewingPeer } from '../../media/webrtc/ports.ts'
import type { Failure } from '../http/error-response.ts'
import { NOT_LIVE } from '../http/playback.ts'
import { Exchange } from './exchange.ts'

/** What browsers cannot be counted on to decode over WebRTC. */
const UNPLAYABLE = /^(?:h\.?265|hevc|hvc1|hev1|av1|av01|vp9|vp09)/i

/** A client that plays, whoever offers. */
export abstract class Playing extends Exchange {
  readonly type = 'play'
  protected viewer: ViewingPeer | undefined

  /** Makes {@link viewer}; or why that cannot be. */
  protected abstract negotiate(): Promise<Failure | undefined>

  protected async prepare(): Promise<Failure | undefined> {
    return this.obstacle() ?? this.negotiate()
  }

  protected obstacle(): Failure | undefined {
    const stream = this.#find()
    if (!stream) return NOT_LIVE
    const { videoCodec } = stream
    if (videoCodec === null || !UNPLAYABLE.test(videoCodec)) return undefined
    return {
      code: 'CODEC_UNSUPPORTED',
      message: `${videoCodec} cannot be played over WebRTC; the token is unspent`,
    }
  }

  protected startMedia(): boolean {
    // The stream may have ended while the spend was made durable.
    const stream = this.#find()
    if (!stream || !this.viewer) return false
    this.viewer.start(stream, (reason) => this.finish(reason === 'slow' ? 'lost' : reason))
    return true
  }

  protected letGo(): void {}

  #find(): LiveStream | undefined {
    const { app, streamId } = this.context.request
    return this.context.hub.find(app, streamId)
  }
}

/** A page that plays: the server offers. */
export class OfferedPlaying extends Playing {
  #offering: OfferingViewer | undefined

  protected async negotiate(): Promise<Failure | undefined> {
    const { door, engine } = this.context
    await this.connect(
      (events) => engine.offerViewer(events),
      (peer) => {
        this.#offering = peer
        this.viewer = peer
        door.offer(peer.offer, peer.tracks)
      },
    )
    return undefined
  }

  protected takeConfiguration(type: string, sdp: string): void {
    if (type !== 'answer' || this.phase !== 'negotiating' || !this.#offering) return
    if (this.#offering.acceptAnswer(sdp)) return
    this.fail({ code: 'BAD_REQUEST', message: 'the answer cannot be used' })
  }
}
