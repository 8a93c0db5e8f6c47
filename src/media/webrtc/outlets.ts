import type { LiveStream } from '../ports.ts'
import { RtpOutlet } from './outlet.ts'

/** The outlets of streams that somebody watches over WebRTC. Nothing is made of the others. */
export class Outlets {
  readonly #byStream = new Map<LiveStream, RtpOutlet>()

  of(stream: LiveStream): RtpOutlet {
    const known = this.#byStream.get(stream)
    if (known) return known
    let detach = () => {}
    const outlet = new RtpOutlet({
      onEmpty: () => {
        detach()
        this.#byStream.delete(stream)
      },
      onKeyFrameWanted: () => stream.requestKeyFrame?.(),
    })
    this.#byStream.set(stream, outlet)
    detach = stream.attach(outlet)
    return outlet
  }
}
