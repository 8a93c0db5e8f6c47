import type { LiveStream } from '../ports.ts'
import type { Transcoding } from '../transcode/ports.ts'
import { OpusRendition } from './opus-rendition.ts'
import { RtpOutlet } from './outlet.ts'

/** The outlets of streams that somebody watches over WebRTC. Nothing is made of the others. */
export class Outlets {
  readonly #byStream = new Map<LiveStream, RtpOutlet>()
  readonly #transcoding: Transcoding | undefined

  /** `transcoding` makes Opus of AAC; without it pictures of such streams are silent. */
  constructor(transcoding?: Transcoding) {
    this.#transcoding = transcoding
  }

  of(stream: LiveStream): RtpOutlet {
    const known = this.#byStream.get(stream)
    if (known) return known
    let close = () => {}
    const outlet = new RtpOutlet({
      onEmpty: () => {
        close()
        this.#byStream.delete(stream)
      },
      onKeyFrameWanted: () => stream.requestKeyFrame?.(),
    })
    this.#byStream.set(stream, outlet)
    const rendition = new OpusRendition(outlet, this.#transcoding)
    const detach = stream.attach(rendition)
    close = () => {
      detach()
      rendition.close()
    }
    return outlet
  }
}
