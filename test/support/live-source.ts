import type { MediaHub, Publication } from '../../src/media/ports.ts'

const AVC_KEY = 0x17
const AVC_INTER = 0x27

/** A publisher inside the process, whose frames carry text: `frame('one')` is seen by a viewer as `one`. */
export class LiveSource {
  readonly publication: Publication
  #dts = 0

  constructor(hub: MediaHub, streamId = 'cam', app = 'LiveApp') {
    const publication = hub.claim(app, streamId)
    if (!publication) throw new Error(`${streamId} is being published already`)
    this.publication = publication
    publication.start({ protocol: 'rtmp', address: '127.0.0.1' })
    const payload = Buffer.from([AVC_KEY, 0, 0, 0, 0, 1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 0, 0])
    publication.push({ kind: 'video', dts: 0, payload, config: true, key: false })
    this.frame('first')
  }

  /** Publishes one picture, padded with dots to `size` bytes. */
  frame(text: string, { key = true, size = 0 } = {}): void {
    const body = Buffer.from(text.padEnd(size, '.'))
    const payload = Buffer.concat([Buffer.from([key ? AVC_KEY : AVC_INTER, 1, 0, 0, 0]), body])
    this.#dts += 40
    this.publication.push({ kind: 'video', dts: this.#dts, payload, config: false, key })
  }
}
